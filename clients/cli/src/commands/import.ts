import { readFileSync } from 'node:fs';
import { errnoOf } from '@trustcast/config';
import { table } from '@trustcast/terminal';
import { type Command, EXIT } from '../command.js';
import { environmentsNamed } from '../environments-named.js';
import { UsageError, userErrorText } from '../errors.js';
import { reportingProgress } from '../import-progress.js';
import { WAIT_OPTIONS, exitCodeOf, timeoutMsOf, waitUntilLive } from '../wait-until-live.js';
import type { ImportCertificatesMutation } from '../service/answer-types.js';
import { operation } from '../service/operation.js';

type Import = ImportCertificatesMutation['payload'];

const IMPORT = operation(
  'ImportCertificates',
  `mutation ($input: ImportCertificatesInput!) {
  payload: importCertificates(input: $input) {
    plan
    items { name action jwks { environment name algorithm } warnings { code message } userErrors { code message field } }
    warnings { code message field }
    counts { added replaced unchanged skipped refused }
    deployment { id environments { environment { name } revision } }
    userErrors { code message field }
  }
}`,
);

const POLICIES = ['refuse', 'skip', 'replace'];
const DONE = { ADD: 'added', REPLACE: 'replaced', UNCHANGED: 'unchanged', SKIP: 'skipped', REFUSE: 'refused' } as const;

export const importCertificates: Command = {
  name: 'import',
  words: 'FILE',
  wordCount: [1, 1],
  summary: 'imports certificates from an exported file, all or none',
  help: 'FILE is a ZIP or JSON file written by export, of this or another installation. The plan is shown first, and then\nexactly that plan is applied, or nothing if any part of it is refused.',
  options: {
    'dry-run': { says: 'shows what would be done without doing it' },
    map: {
      value: 'FROM=TO',
      multiple: true,
      says: 'maps environment FROM of the file to TO; may be repeated; others keep their names',
    },
    'on-conflict': {
      value: 'POLICY',
      says: 'what happens to existing certificates that differ: refuse (default), skip or replace',
    },
    'confirm-issuer-list': {
      says: 'deploys although the list of anchor subjects exceeds what Java clients accept from a server',
    },
    progress: { says: 'reports progress even if standard error is not a terminal' },
    ...WAIT_OPTIONS,
  },
  async run({ service, words: [path = ''], options, json, out, notify, terminal }) {
    const timeoutMs = timeoutMsOf(options);
    const policy = options.text('on-conflict') ?? 'refuse';
    if (!POLICIES.includes(policy)) throw new UsageError(`--on-conflict takes ${POLICIES.join(', ')}`);
    const content = readFile(path);
    const input = {
      environmentMapping: options.all('map').map(mappingOf),
      onConflict: policy.toUpperCase(),
      confirmIssuerList: options.has('confirm-issuer-list'),
    };
    const importing = (more: object): Promise<Import> =>
      reportingProgress(service, terminal || options.has('progress') ? notify : null, (idempotencyKey) =>
        service.change(IMPORT, { ...input, ...more, idempotencyKey }, content),
      );
    const preview = await importing({ dryRun: true });
    const { counts } = preview;
    const refused = counts.refused > 0;
    if (refused || options.has('dry-run')) {
      out(json ? JSON.stringify(preview, null, 2) : planText(preview));
      if (preview.items.some(({ userErrors }) => userErrors.some(({ code }) => code === 'ENVIRONMENT_NOT_FOUND')))
        notify(
          `there are the environments ${(await environmentsNamed(service, [])).join(', ')}; --map FROM=TO maps others`,
        );
      return refused ? EXIT.notOk : EXIT.ok;
    }
    notify(`${path}: ${counts.added} to add, ${counts.replaced} to replace`);
    const done = await importing({ dryRun: false, expectedPlan: preview.plan });
    const environments = (done.deployment?.environments ?? []).map(({ environment }) => environment.name);
    const progress = options.has('wait')
      ? await waitUntilLive(service, environments, { timeoutMs, notify, changed: new Set(environments) })
      : [];
    if (json) out(JSON.stringify({ ...done, ...(options.has('wait') && { progress }) }, null, 2));
    else out(doneText(done));
    return exitCodeOf(progress);
  },
};

function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`${path}: cannot be read (${errnoOf(error)})`);
  }
}

function mappingOf(text: string): { readonly from: string; readonly to: string } {
  const [from = '', to = '', ...more] = text.split('=');
  if (from === '' || to === '' || more.length > 0) throw new UsageError('--map takes FROM=TO, names of environments');
  return { from, to };
}

function planText({ items, counts, warnings }: Import): string {
  const rows = items.map((item) => [item.action.toLowerCase(), item.name, notesOf(item)]);
  const { added, replaced, unchanged, skipped, refused } = counts;
  const sums = `${added} to add, ${replaced} to replace, ${unchanged} unchanged, ${skipped} to skip, ${refused} refused`;
  const plan = table([['ACTION', 'NAME', 'NOTES'], ...rows]);
  return [plan, ...warnings.map(userErrorText), `${sums}; nothing was done`].join('\n');
}

function doneText({ items, deployment, warnings }: Import): string {
  const rows = items.map((item) => [DONE[item.action], item.name, notesOf(item)]);
  const deployed = (deployment?.environments ?? []).map(
    ({ environment, revision }) => `deployed to ${environment.name}, revision ${revision}`,
  );
  return [table([['RESULT', 'NAME', 'NOTES'], ...rows]), ...deployed, ...warnings.map(userErrorText)].join('\n');
}

function notesOf({ jwks, userErrors, warnings }: Import['items'][number]): string {
  const made = jwks.map(({ environment, name, algorithm }) => `JWK ${name} (${algorithm}) in ${environment}`);
  return [...made, ...[...userErrors, ...warnings].map(userErrorText)].join('; ');
}
