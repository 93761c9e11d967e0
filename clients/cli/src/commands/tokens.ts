import { randomUUID } from 'node:crypto';
import { table } from '@trustcast/terminal';
import { type Command, EXIT } from '../command.js';
import { UsageError } from '../errors.js';
import { checkPermissions } from '../permissions.js';
import { readPages } from '../read-pages.js';
import { required } from '../service/answers.js';
import { operation } from '../service/operation.js';

const FIELDS = 'id name hint permissions environments createdBy expiresAt expiresSoon lastUsedAt revokedAt';
const PAGE = operation(
  'ApiTokenPage',
  `query ($after: String) {
  page: apiTokens(first: 200, after: $after) { nodes { ${FIELDS} } pageInfo { hasNextPage endCursor } } }`,
);
const CREATE = operation(
  'CreateApiToken',
  `mutation ($input: CreateApiTokenInput!) {
  payload: createApiToken(input: $input) { apiToken { ${FIELDS} } token userErrors { code message field } } }`,
);
const REVOKE = operation(
  'RevokeApiToken',
  `mutation ($input: RevokeApiTokenInput!) {
  payload: revokeApiToken(input: $input) { apiToken { ${FIELDS} } userErrors { code message field } } }`,
);
const ME = operation(
  'WhoAmI',
  'query { me { actor name kind expiresAt user { issuer subject groups } grants { permission environments } } }',
);
const DAY_MS = 86_400_000;
const MAX_DAYS = 3_650;

export const listTokens: Command = {
  name: 'tokens list',
  words: '',
  wordCount: [0, 0],
  summary: 'lists the API tokens with what they may do, when they end and when they were used last',
  help: 'A token itself is shown once, when it is created. HINT is how it begins. EXPIRES says (soon) where it is within 14 days.',
  options: {},
  async run({ service, json, out }) {
    const tokens = await readPages(service, PAGE, {});
    if (json) out(JSON.stringify(tokens, null, 2));
    else
      out(
        table([
          ['ID', 'NAME', 'HINT', 'PERMISSIONS', 'ENVIRONMENTS', 'EXPIRES', 'LAST USED', 'CREATED BY'],
          ...tokens.map(
            ({
              id,
              name,
              hint,
              permissions,
              environments,
              expiresAt,
              expiresSoon,
              lastUsedAt,
              revokedAt,
              createdBy,
            }) => [
              id,
              name,
              hint ?? '',
              permissions.join(' '),
              environments?.join(' ') ?? 'all',
              revokedAt ? 'revoked' : `${expiresAt ?? 'never'}${expiresSoon ? ' (soon)' : ''}`,
              lastUsedAt ?? 'never',
              createdBy,
            ],
          ),
        ]),
      );
    return EXIT.ok;
  },
};

export const createToken: Command = {
  name: 'tokens create',
  words: 'NAME PERMISSION...',
  wordCount: [2, 7],
  summary: 'creates an API token and prints it; it is shown this once',
  help: 'PERMISSION is VIEW, MANAGE, DEPLOY, APPROVE, EXPORT or ADMIN; no permission includes another. docs/access.md says what\neach is for.',
  options: {
    environment: { value: 'NAME', multiple: true, says: 'environment in which the permissions hold (default: all)' },
    days: { value: 'N', says: `days after which the token expires, 1 to ${MAX_DAYS} (default: never)` },
  },
  async run({ service, words: [name = '', ...permissions], options, json, out, notify }) {
    const days = options.text('days');
    if (days !== undefined && !(/^[0-9]+$/.test(days) && Number(days) >= 1 && Number(days) <= MAX_DAYS))
      throw new UsageError(`--days must be a number from 1 to ${MAX_DAYS}`);
    checkPermissions(permissions);
    const environments = options.all('environment');
    const created = await service.change(CREATE, {
      name,
      permissions,
      environments: environments.length > 0 ? environments : null,
      expiresAt: days === undefined ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString(),
      idempotencyKey: randomUUID(),
    });
    const apiToken = required(created.apiToken, 'a token');
    const token = required(created.token, 'a token');
    notify(`${apiToken.name} was created; it is shown this once`);
    out(json ? JSON.stringify({ ...apiToken, token }, null, 2) : token);
    return EXIT.ok;
  },
};

export const revokeToken: Command = {
  name: 'tokens revoke',
  words: 'ID',
  wordCount: [1, 1],
  summary: 'revokes an API token; every process of the service refuses it within two seconds',
  help: 'trustcast tokens list shows the ids. A token that was revoked stays in the list.',
  options: {},
  async run({ service, words: [id = ''], json, out }) {
    const apiToken = required((await service.change(REVOKE, { id })).apiToken, 'a token');
    out(json ? JSON.stringify(apiToken, null, 2) : `${apiToken.name} is revoked`);
    return EXIT.ok;
  },
};

export const whoami: Command = {
  name: 'whoami',
  words: '',
  wordCount: [0, 0],
  summary: 'shows who you are to the service, what you may do and until when',
  help: '',
  options: {},
  async run({ service, json, out }) {
    const { me } = await service.ask(ME);
    if (json) out(JSON.stringify(me, null, 2));
    else
      out(
        [
          `${me.name} (${me.actor})`,
          `expires: ${me.expiresAt ?? 'never'}`,
          ...(me.user
            ? [
                `issuer: ${me.user.issuer}`,
                `subject: ${me.user.subject}`,
                `groups: ${me.user.groups.join(', ') || 'none'}`,
              ]
            : []),
          table([
            ['PERMISSION', 'ENVIRONMENTS'],
            ...me.grants.map(({ permission, environments }) => [permission, environments?.join(' ') ?? 'all']),
          ]),
        ].join('\n'),
      );
    return EXIT.ok;
  },
};
