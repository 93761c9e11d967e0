import { environmentKinds } from '@trustcast/schema';
import { table } from '@trustcast/terminal';
import { JWK_DECISIONS } from '../change-certificate.js';
import { type Command, EXIT } from '../command.js';
import { makeChanges, type Outcome } from '../manifest/make-changes.js';
import { type Change, type Decisions, planChanges } from '../manifest/plan.js';
import { readManifest } from '../manifest/read-manifest.js';
import { resolveContents } from '../manifest/resolve-content.js';
import { readState } from '../manifest/state.js';
import { UsageError } from '../errors.js';
import { WAIT_OPTIONS, exitCodeOf, timeoutMsOf, waitUntilLive } from '../wait-until-live.js';

const HELP = `FILE is a YAML or JSON file, which may hold several documents; a directory, whose .yaml, .yml and .json files are
read; or - for standard input.

  owner: team-payments                # optional: owner of these certificates; required by --prune
  environments:                       # optional: created if missing
    - name: gateway-eu
      kind: GATEWAY                   # one of ${environmentKinds.join(', ')}
      title: Gateway EU               # optional
  certificates:
    - name: partner-ca
      description: CA of our partner  # optional
      jwks: UPDATE                    # or DISCONNECT: what happens to JWKs made from it; if omitted, such a change is refused
      definitions:
        - alias: partner-ca
          environments: [apimanager]
          file: partner-ca.pem        # PEM, DER, PKCS#7, PKCS#12, JKS; relative to FILE
          passwordFile: password.txt  # for a keystore that requires one
          fingerprint: 3f0c…          # SHA-256 of the certificate to use, if the file holds several
        - alias: partner-leaf
          environments: [gateway-eu]
          url: https://partner.example  # or ldaps://, ldap:// (StartTLS); always with fingerprint
          fingerprint: 77ab…
        # or pem: | and the text of one certificate

All FILEs together are one manifest. It is applied as a whole or not at all, in one transaction and one revision of
each environment. Certificates that already match, and those that are not described, are left untouched. With an owner,
certificates of another owner are refused, and described certificates that nobody owns become the owner's. --prune
deletes what the owner had before this run, and never what is somebody else's or nobody's.`;

export const apply: Command = {
  name: 'apply',
  words: 'FILE…',
  wordCount: [1, Infinity],
  summary: 'creates and updates the certificates that files describe',
  help: HELP,
  exits: { 2: 'with --dry-run: something would change' },
  options: {
    'dry-run': { says: 'shows what would be done and what would be refused, without doing it' },
    owner: { value: 'NAME', says: 'owner to use instead of the one in the files' },
    'take-over': { says: 'takes over certificates of other owners; those of nobody need no such consent' },
    'confirm-issuer-list': {
      says: 'deploys although the list of anchor subjects exceeds what Java clients accept from a server',
    },
    prune: { says: 'also deletes certificates that the owner already has and no FILE describes' },
    jwks: {
      value: 'NAME=DECISION',
      multiple: true,
      says: 'what happens to the JWKs of a certificate: UPDATE or DISCONNECT, or DELETE_JWKS for a deletion',
    },
    ...WAIT_OPTIONS,
  },
  async run({ service, words, options, json, out, notify, readInput }) {
    const timeoutMs = timeoutMsOf(options);
    const manifest = await readManifest(words, readInput);
    const owner = options.text('owner')?.normalize('NFC') ?? manifest.owner;
    const prune = options.has('prune');
    const dryRun = options.has('dry-run');
    if (prune && owner === null)
      throw new UsageError(
        '--prune deletes what its owner does not describe: name the owner in the file (owner: …) or with --owner',
      );
    if (prune && manifest.certificates.length === 0)
      throw new UsageError('--prune without a described certificate would delete all of its owner');
    const decisions = decisionsOf(options.all('jwks'));
    const state = await readState(service);
    const contents = await resolveContents(service, manifest, state);
    const plan = planChanges(manifest, contents, state, { owner, prune, decisions });
    refuseUnknown(decisions, plan, prune);
    const { outcomes, warnings } = await makeChanges(
      service,
      plan,
      { owner, takeOver: options.has('take-over'), dryRun, confirmIssuerList: options.has('confirm-issuer-list') },
      { environments: [...state.environments.keys()] },
    );
    const refused = outcomes.some(({ refusal }) => refusal !== null);
    // Also those of what is so already: whether every JVM has it was asked, not whether something was done.
    const environments = new Set(plan.flatMap((change) => change.environments));
    const changed = new Set(
      plan.filter(({ action }) => action !== 'unchanged').flatMap((change) => change.environments),
    );
    const waits = options.has('wait') && !refused && !dryRun;
    const progress = waits ? await waitUntilLive(service, environments, { timeoutMs, notify, changed }) : [];
    if (json)
      out(JSON.stringify({ changes: outcomes.map(outcomeView), warnings, ...(waits && { progress }) }, null, 2));
    else out([dryRun ? planText(outcomes) : outcomeText(outcomes), ...warnings].join('\n'));
    if (refused) return EXIT.notOk;
    if (dryRun) return plan.some(({ action }) => action !== 'unchanged') ? EXIT.wouldChange : EXIT.ok;
    return exitCodeOf(progress);
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

/**
 * A decision about a certificate that is not changed here would be lost without a word. What was to be pruned may be gone
 * already: the same command line does nothing then.
 */
function refuseUnknown(decisions: Decisions, plan: readonly Change[], prune: boolean): void {
  const names = new Set(plan.filter(({ kind }) => kind === 'certificate').map(({ name }) => name));
  const lost = [...decisions].filter(([name, decision]) => !names.has(name) && (!prune || decision === 'UPDATE'));
  if (lost.length > 0)
    throw new UsageError(
      `--jwks ${lost.map(([name, decision]) => `${name}=${decision}`).join(', ')}: no certificate of this name is described or pruned; there are ${[...names].join(', ') || 'none'}`,
    );
}

function outcomeView({ change: { action, kind, name, details }, refusal, warnings }: Outcome) {
  return { action, kind, name, details, refusal, warnings };
}

function planText(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ change: { action, kind, name, details }, refusal, warnings }) =>
    refusal === null
      ? [action, kind, name, [...details, ...warnings].join('; ')]
      : ['refused', kind, name, `${action}: ${refusal}`],
  );
  const made = outcomes.filter(({ change }) => change.action !== 'unchanged');
  const count = made.filter(({ refusal }) => refusal === null).length;
  const sums = `${count} to make, ${outcomes.length - made.length} unchanged, ${made.length - count} refused`;
  return `${table([['ACTION', 'KIND', 'NAME', 'CHANGES'], ...rows])}\n${sums}; nothing was done`;
}

const DONE: Readonly<Record<Change['action'], string>> = {
  create: 'created',
  update: 'updated',
  delete: 'deleted',
  unchanged: 'unchanged',
};

function outcomeText(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ change: { action, kind, name, details }, refusal, warnings }) =>
    refusal === null
      ? [DONE[action], kind, name, [...details, ...warnings].join('; ')]
      : ['refused', kind, name, `${action}: ${refusal}`],
  );
  return table([['RESULT', 'KIND', 'NAME', 'WHAT'], ...rows]);
}
