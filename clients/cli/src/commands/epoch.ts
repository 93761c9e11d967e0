import { table } from '@trustcast/terminal';
import { type Command, EXIT } from '../command.js';
import { environmentsNamed } from '../environments-named.js';
import { RefusedError, ServiceError, UsageError } from '../errors.js';
import type { Service } from '../service/service.js';
import type { AdvanceEpochPlanQuery } from '../service/answer-types.js';
import { operation } from '../service/operation.js';

type Plan = NonNullable<AdvanceEpochPlanQuery['plan']>;

const PLAN = `expectedEpoch knowledge furthest { epoch revision } hosts hostsAhead hostsSilent held { agent receivedAt }
  steps { name action before { alias fingerprint } after { alias fingerprint } retrusts compromised }`;
const ASK = operation(
  'AdvanceEpochPlan',
  `query ($environment: String!) { plan: advanceEpochPlan(environment: $environment) { ${PLAN} } }`,
);
const ADVANCE = operation(
  'AdvanceEpoch',
  `mutation ($input: AdvanceEpochInput!) { payload: advanceEpoch(input: $input) {
  environment { name epoch revision } plan { ${PLAN} } userErrors { code message field } } }`,
);

export const planEpoch: Command = {
  name: 'epoch plan',
  words: 'ENVIRONMENT',
  wordCount: [1, 1],
  summary: 'shows what advancing the epoch would undo on hosts, after the database was restored from a backup',
  help: 'Certificates that would be trusted again come first. UNKNOWN: no host has reported what it holds, and any certificate may be trusted again.',
  options: {},
  async run({ service, words: [environment = ''], json, out }) {
    const plan = await planOf(service, environment);
    out(json ? JSON.stringify(plan, null, 2) : planText(environment, plan));
    return EXIT.ok;
  },
};

export const advanceEpoch: Command = {
  name: 'epoch advance',
  words: 'ENVIRONMENT',
  wordCount: [1, 1],
  summary: 'says that the restored database is right: hosts that are ahead of it take its set; it is in the audit',
  help: 'Everything that would be trusted again is confirmed by its fingerprint: trustcast epoch plan shows it.',
  options: {
    reason: { value: 'TEXT', says: 'why, for the audit (required)' },
    retrust: { value: 'FINGERPRINT', multiple: true, says: 'SHA-256 of a certificate that shall be trusted again' },
    'confirm-unknown': { says: 'although it is not, or only in part, known what would be trusted again' },
  },
  async run({ service, words: [environment = ''], options, json, out, notify }) {
    const reason = options.text('reason');
    if (reason === undefined) throw new UsageError('--reason is required: the audit records it');
    const { expectedEpoch } = await planOf(service, environment);
    const { payload } = await service.ask(ADVANCE, {
      input: {
        environment,
        expectedEpoch,
        reason,
        retrust: options.all('retrust'),
        confirmUnknown: options.has('confirm-unknown'),
      },
    });
    if (!payload.environment) {
      if (payload.plan) notify(planText(environment, payload.plan));
      throw new RefusedError(payload.userErrors);
    }
    const { epoch, revision } = payload.environment;
    out(
      json ? JSON.stringify(payload.environment, null, 2) : `${environment} is at epoch ${epoch}, revision ${revision}`,
    );
    return EXIT.ok;
  },
};

async function planOf(service: Service, environment: string): Promise<Plan> {
  await environmentsNamed(service, [environment]);
  const { plan } = await service.ask(ASK, { environment });
  if (plan) return plan;
  throw new ServiceError('NOT_FOUND', `there is no environment ${JSON.stringify(environment)}`);
}

function planText(environment: string, { hosts, hostsAhead, hostsSilent, furthest, held, ...plan }: Plan): string {
  const { knowledge, steps, expectedEpoch } = plan;
  const head = [
    `${environment} is at epoch ${expectedEpoch}. Of ${hosts} hosts ${hostsAhead} are ahead and ${hostsSilent} were not heard lately.`,
    ...(furthest ? [`The furthest is at epoch ${furthest.epoch}, revision ${furthest.revision}.`] : []),
    ...(held
      ? [`The set that hosts hold was reported by ${held.agent ?? 'a deleted agent'} at ${held.receivedAt}.`]
      : []),
    {
      KNOWN: 'KNOWN: this is all that is undone.',
      PARTLY: 'PARTLY: a host is further ahead than the set that is known, so more may be trusted again.',
      UNKNOWN: `UNKNOWN: no host has reported what it holds. Any certificate of the database may be trusted again: trustcast certificates list --environment ${environment}`,
    }[knowledge],
  ];
  if (steps === null) return head.join('\n');
  if (steps.length === 0) return [...head, 'Nothing is undone.'].join('\n');
  const rows = steps.map(({ name, action, before, after, retrusts, compromised }) => [
    `${retrusts ? 'TRUSTED AGAIN' : action === 'REMOVE' ? 'NO LONGER TRUSTED' : 'ALIAS CHANGES'}${compromised ? ' (COMPROMISED)' : ''}`,
    name ?? '',
    [before?.alias, after?.alias].filter((alias, index, all) => alias && all.indexOf(alias) === index).join(' -> '),
    (after ?? before)?.fingerprint ?? '',
  ]);
  const again = steps.flatMap(({ retrusts, after }) => (retrusts && after ? [`--retrust ${after.fingerprint}`] : []));
  return [
    ...head,
    '',
    table([['WHAT', 'NAME', 'ALIAS', 'FINGERPRINT'], ...rows]),
    ...(again.length > 0 ? ['', `To have these trusted again: ${again.join(' ')}`] : []),
  ].join('\n');
}
