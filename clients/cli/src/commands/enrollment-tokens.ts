import { randomUUID } from 'node:crypto';
import { table } from '@trustcast/terminal';
import { type Command, EXIT } from '../command.js';
import { environmentsNamed } from '../environments-named.js';
import { UsageError } from '../errors.js';
import { readPages } from '../read-pages.js';
import type { EnrollmentTokenPageQuery } from '../service/answer-types.js';
import { required } from '../service/answers.js';
import { operation } from '../service/operation.js';

type EnrollmentToken = NonNullable<EnrollmentTokenPageQuery['page']>['nodes'][number];

const FIELDS = 'id hint environment uses used createdBy expiresAt revokedAt';
const PAGE = operation(
  'EnrollmentTokenPage',
  `query ($environment: String!, $after: String) {
  page: enrollmentTokens(environment: $environment, first: 200, after: $after) {
    nodes { ${FIELDS} } pageInfo { hasNextPage endCursor } } }`,
);
const CREATE = operation(
  'CreateEnrollmentToken',
  `mutation ($input: CreateEnrollmentTokenInput!) {
  payload: createEnrollmentToken(input: $input) {
    enrollmentToken { ${FIELDS} } token userErrors { code message field } } }`,
);
const REVOKE = operation(
  'RevokeEnrollmentToken',
  `mutation ($input: RevokeEnrollmentTokenInput!) {
  payload: revokeEnrollmentToken(input: $input) { enrollmentToken { ${FIELDS} } userErrors { code message field } } }`,
);
const HOUR_MS = 3_600_000;
const MAX_HOURS = 90 * 24;
const MAX_USES = 10_000;

export const createEnrollmentToken: Command = {
  name: 'enrollment-tokens create',
  words: 'ENVIRONMENT',
  wordCount: [1, 1],
  summary: 'creates a token with which hosts enroll in an environment, and prints it; it is shown this once',
  help: 'On each host: trustcast-agent enroll --service-url URL --token-file FILE. The token names the signing key of the service\nas well, so a host believes nobody else at its first contact. docs/access.md describes it.',
  options: {
    uses: { value: 'N', says: `number of hosts that may enroll with it, 1 to ${MAX_USES} (default: 1)` },
    hours: { value: 'N', says: `hours after which it expires, 1 to ${MAX_HOURS} (default: 24)` },
  },
  async run({ service, words: [environment = ''], options, json, out, notify }) {
    const uses = numberOf('uses', options.text('uses') ?? '1', MAX_USES);
    const hours = numberOf('hours', options.text('hours') ?? '24', MAX_HOURS);
    await environmentsNamed(service, [environment]);
    const created = await service.change(CREATE, {
      environment,
      uses,
      expiresAt: new Date(Date.now() + hours * HOUR_MS).toISOString(),
      idempotencyKey: randomUUID(),
    });
    const enrollmentToken = required(created.enrollmentToken, 'a token');
    const token = required(created.token, 'a token');
    notify(`the token is good for ${uses} host(s) until ${enrollmentToken.expiresAt}; it is shown this once`);
    out(json ? JSON.stringify({ ...enrollmentToken, token }, null, 2) : token);
    return EXIT.ok;
  },
};

export const listEnrollmentTokens: Command = {
  name: 'enrollment-tokens list',
  words: '[ENVIRONMENT]',
  wordCount: [0, 1],
  summary: 'lists the enrollment tokens of one environment or all, with how often each was used',
  help: 'A token that ended stays in the list.',
  options: {},
  async run({ service, words, json, out }) {
    const tokens: EnrollmentToken[] = [];
    for (const environment of await environmentsNamed(service, words))
      tokens.push(...(await readPages(service, PAGE, { environment })));
    if (json) out(JSON.stringify(tokens, null, 2));
    else
      out(
        table([
          ['ID', 'TOKEN', 'ENVIRONMENT', 'USED', 'EXPIRES', 'CREATED BY', 'STATE'],
          ...tokens.map((token) => [
            token.id,
            `${token.hint}…`,
            token.environment,
            `${token.used}/${token.uses}`,
            token.expiresAt,
            token.createdBy,
            stateOf(token),
          ]),
        ]),
      );
    return EXIT.ok;
  },
};

export const revokeEnrollmentToken: Command = {
  name: 'enrollment-tokens revoke',
  words: 'ID',
  wordCount: [1, 1],
  summary: 'revokes an enrollment token; hosts that enrolled with it stay enrolled',
  help: 'trustcast enrollment-tokens list shows the ids. trustcast agents revoke takes a host out.',
  options: {},
  async run({ service, words: [id = ''], json, out }) {
    const enrollmentToken = required((await service.change(REVOKE, { id })).enrollmentToken, 'a token');
    out(json ? JSON.stringify(enrollmentToken, null, 2) : `${enrollmentToken.hint}… is revoked`);
    return EXIT.ok;
  },
};

function numberOf(option: string, text: string, most: number): number {
  if (/^[0-9]{1,9}$/.test(text) && Number(text) >= 1 && Number(text) <= most) return Number(text);
  throw new UsageError(`--${option} must be a number from 1 to ${most}`);
}

function stateOf({ revokedAt, expiresAt, uses, used }: EnrollmentToken): string {
  if (revokedAt !== null) return 'revoked';
  if (new Date(expiresAt).getTime() <= Date.now()) return 'expired';
  return used >= uses ? 'used up' : 'open';
}
