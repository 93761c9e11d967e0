import { Arg, Args, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { createApiToken, revokeApiToken } from '../../../features/identity/change-api-tokens.js';
import { type ApiTokenRow, apiTokens, countApiTokens } from '../../../features/identity/sql/api-tokens.js';
import type { ApiTokenRecord } from '../../../features/records/api-token-record.js';
import { readIdempotencyKey, readName } from '../../../features/records/certificate-input.js';
import { isUuid } from '../../../features/records/is-uuid.js';
import type { Refusal } from '../../../features/records/refusal.js';
import { all, rejected } from '../../../features/records/result.js';
import { timeCursors } from '../../../features/records/paging/time-cursor.js';
import { type Context, readsFor, requestOf } from '../context.js';
import { PageArguments, connectionOf, readPage } from '../shape/connection.js';
import { instance } from '../shape/instance.js';
import { userErrorsOf } from '../user-errors/user-errors.js';
import {
  ApiToken,
  ApiTokenConnection,
  ApiTokenEdge,
  CreateApiTokenInput,
  CreateApiTokenPayload,
  RevokeApiTokenInput,
  RevokeApiTokenPayload,
} from './api-token.js';
import { permissionRules } from './permission-rules.js';

const cursors = timeCursors('apiToken');

@Resolver(() => ApiToken)
export class ApiTokenResolver {
  @Query(() => ApiTokenConnection, {
    description: 'Lists the API tokens, revoked ones included, without their secrets.',
  })
  async apiTokens(
    @Args(() => PageArguments) given: PageArguments,
    @Ctx() context: Context,
  ): Promise<ApiTokenConnection> {
    const page = readPage(given, cursors.decode);
    const reads = readsFor(context, 'ADMIN');
    const [rows, totalCount] = await Promise.all([apiTokens(reads, page), countApiTokens(reads)]);
    const nodeOf = ({ sortKey: _, ...record }: ApiTokenRow) => instance(ApiToken, record);
    return instance(ApiTokenConnection, {
      ...connectionOf(ApiTokenEdge, rows, page, { nodeOf, cursorOf: cursors.encode }),
      totalCount,
    });
  }

  @Mutation(() => CreateApiTokenPayload, {
    description: 'Creates an API token. Its secret is returned once and stored as a hash.',
  })
  async createApiToken(
    @Arg('input', () => CreateApiTokenInput, { description: 'The token to create.' }) input: CreateApiTokenInput,
    @Ctx() context: Context,
  ): Promise<CreateApiTokenPayload> {
    const read = all({ name: readName(input.name), key: readIdempotencyKey(input.idempotencyKey) });
    const broken = brokenRules(input, context.apiTokenMaxDays);
    if (!read.ok) return created(rejected(...read.refusals, ...broken));
    if (broken.length > 0) return created(rejected(...broken));
    const { name } = read.value;
    const { environments = null, expiresAt = null } = input;
    const permissions = [...new Set(input.permissions)];
    const { database, tokenSecret } = context;
    return created(
      await createApiToken(database, requestOf(context, 'createApiToken', input), {
        name,
        permissions,
        environments: environments && [...new Set(environments)],
        expiresAt,
        tokenSecret,
      }),
    );
  }

  @Mutation(() => RevokeApiTokenPayload, {
    description: 'Revokes an API token. Every process of the service refuses it within two seconds.',
  })
  async revokeApiToken(
    @Arg('input', () => RevokeApiTokenInput, { description: 'The token to revoke.' }) { id }: RevokeApiTokenInput,
    @Ctx() context: Context,
  ): Promise<RevokeApiTokenPayload> {
    const revoked = isUuid(id) ? await revokeApiToken(context.database, context, id) : null;
    const refusals: Refusal[] = revoked
      ? []
      : [{ code: 'API_TOKEN_NOT_FOUND', message: 'there is no such API token: the id is another', field: ['id'] }];
    return instance(RevokeApiTokenPayload, { apiToken: shown(revoked), userErrors: userErrorsOf(refusals) });
  }
}

const DAY_MS = 86_400_000;

function brokenRules(input: CreateApiTokenInput, maxDays: number | null): Refusal[] {
  const { expiresAt } = input;
  const isTooLong = maxDays !== null && (!expiresAt || expiresAt.getTime() > Date.now() + maxDays * DAY_MS);
  const invalid = (field: string, message: string): Refusal => ({ code: 'INVALID_INPUT', message, field: [field] });
  return [
    ...permissionRules(input),
    ...(isTooLong ? [invalid('expiresAt', `must be within ${maxDays} days, by TRUSTCAST_API_TOKEN_MAX_DAYS`)] : []),
    ...(expiresAt && expiresAt.getTime() <= Date.now() ? [invalid('expiresAt', 'must be in the future')] : []),
  ];
}

type Created = Awaited<ReturnType<typeof createApiToken>>;

function created(result: Created): CreateApiTokenPayload {
  return result.ok
    ? instance(CreateApiTokenPayload, {
        apiToken: shown(result.value.apiToken),
        token: result.value.token,
        userErrors: [],
      })
    : instance(CreateApiTokenPayload, { apiToken: null, token: null, userErrors: userErrorsOf(result.refusals) });
}

function shown(record: ApiTokenRecord | null): ApiToken | null {
  if (!record) return null;
  const {
    id,
    name,
    hint,
    permissions,
    environments,
    createdBy,
    createdAt,
    expiresAt,
    expiresSoon,
    lastUsedAt,
    revokedAt,
    revokedBy,
  } = record;
  return instance(ApiToken, {
    id,
    name,
    hint,
    permissions,
    environments,
    createdBy,
    createdAt,
    expiresAt,
    expiresSoon,
    lastUsedAt,
    revokedAt,
    revokedBy,
  });
}
