import { table } from '@trustcast/terminal';
import { JWK_DECISIONS } from '../change-certificate.js';
import { type Command, EXIT } from '../command.js';
import { makeChanges, type Outcome } from '../description/make-changes.js';
import { type Change, type Decisions, planChanges } from '../description/plan.js';
import { readDescription } from '../description/read-description.js';
import { resolveContents } from '../description/resolve-content.js';
import { readState } from '../description/state.js';
import { UsageError } from '../errors.js';
import { WAIT_OPTIONS, timeoutMsOf, waitUntilLive } from '../wait-until-live.js';

const HELP = `FILE is YAML or JSON:

  environments:                       # optional
    - name: gateway-eu
      kind: GATEWAY                   # or API_MANAGER
      title: Gateway EU               # optional
  certificates:
    - name: partner-ca
      description: CA of our partner  # optional
      jwks: UPDATE                    # or DISCONNECT: the decision about JWKs made from it; none: refused
      definitions:
        - alias: partner-ca
          environments: [apimanager]
          file: partner-ca.pem        # PEM, DER, PKCS#7, PKCS#12, JKS; relative to FILE
          passwordFile: password.txt  # for a keystore that needs one
          fingerprint: 3f0c…          # where the file holds several: SHA-256 of the one
        - alias: partner-leaf
          environments: [gateway-eu]
          url: https://partner.example  # or ldaps://, ldap:// (StartTLS); always with fingerprint
          fingerprint: 77ab…
        # or pem: | and the text of one certificate

What is described is created or updated; what is so already stays untouched, and so does what is not described.
Certificates that swap what they have, such as an alias, are changed at once.`;

export const apply: Command = {
  name: 'apply',
  words: 'FILE…',
  wordCount: [1, Infinity],
  summary: 'makes the service have the certificates that files describe',
  help: HELP,
  options: {
    'dry-run': { says: 'says what would be done, and does nothing' },
    prune: { says: 'also deletes every certificate that no FILE describes' },
    jwks: {
      value: 'NAME=DECISION',
      multiple: true,
      says: 'what becomes of the JWKs of a certificate: UPDATE, DISCONNECT, or for a deletion DELETE_JWKS',
    },
    ...WAIT_OPTIONS,
  },
  async run({ service, words, options, json, out, tell }) {
    const timeoutMs = timeoutMsOf(options);
    const description = readDescription(words);
    const prune = options.has('prune');
    if (prune && description.certificates.length === 0)
      throw new UsageError('--prune without a described certificate would delete all of them');
    const decisions = decisionsOf(options.all('jwks'));
    const state = await readState(service);
    const contents = await resolveContents(service, description, state);
    const plan = planChanges(description, contents, state, { prune, decisions });
    if (options.has('dry-run')) {
      out(json ? JSON.stringify({ changes: plan.map(changeView) }, null, 2) : planText(plan));
      return EXIT.ok;
    }
    const outcomes = await makeChanges(service, plan, tell);
    const environments = new Set(plan.flatMap((change) => change.environments));
    const refused = outcomes.some(({ refusal }) => refusal !== null);
    const progress =
      options.has('wait') && !refused ? await waitUntilLive(service, environments, { timeoutMs, tell }) : [];
    if (json)
      out(JSON.stringify({ changes: outcomes.map(outcomeView), ...(options.has('wait') && { progress }) }, null, 2));
    else out(outcomeText(outcomes));
    return refused || progress.some(({ state: reached }) => reached !== 'LIVE') ? EXIT.notOk : EXIT.ok;
  },
};

function decisionsOf(texts: readonly string[]): Decisions {
  return new Map(
    texts.map((text) => {
      const at = text.lastIndexOf('=');
      const decision = JWK_DECISIONS.find((each) => each === text.slice(at + 1));
      if (at < 1 || !decision) throw new UsageError(`--jwks takes NAME=DECISION: ${JWK_DECISIONS.join(', ')}`);
      return [text.slice(0, at).normalize('NFC'), decision];
    }),
  );
}

function changeView({ action, kind, name, details }: Change) {
  return { action, kind, name, details };
}

function outcomeView({ change, refusal, warnings }: Outcome) {
  return { ...changeView(change), refusal, warnings };
}

function planText(plan: readonly Change[]): string {
  const rows = plan.map(({ action, kind, name, details }) => [action, kind, name, details.join('; ')]);
  const count = plan.filter(({ action }) => action !== 'unchanged').length;
  return `${table([['ACTION', 'KIND', 'NAME', 'CHANGES'], ...rows])}\n${count} to make, ${plan.length - count} unchanged; nothing was done`;
}

const DONE = { create: 'created', update: 'updated', delete: 'deleted', unchanged: 'unchanged' } as const;

function outcomeText(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ change: { action, kind, name, details }, refusal, warnings }) =>
    refusal === null
      ? [DONE[action], kind, name, [...details, ...warnings].join('; ')]
      : ['refused', kind, name, `${action}: ${refusal}`],
  );
  return table([['RESULT', 'KIND', 'NAME', 'WHAT'], ...rows]);
}
