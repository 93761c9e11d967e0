import { Arg, Args, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import {
  createEnrollmentToken,
  revokeEnrollmentToken,
} from '../../../features/agents/enrollment/change-enrollment-tokens.js';
import {
  type EnrollmentTokenRow,
  countEnrollmentTokens,
  enrollmentTokenById,
  enrollmentTokens,
} from '../../../features/agents/enrollment/sql/enrollment-tokens.js';
import { environmentsByName } from '../../../features/environments/sql/read-environments.js';
import { readIdempotencyKey } from '../../../features/records/certificate-input.js';
import type { EnrollmentTokenRecord } from '../../../features/records/enrollment-token-record.js';
import { isUuid } from '../../../features/records/is-uuid.js';
import type { Refusal } from '../../../features/records/refusal.js';
import { refusalsOf, rejected } from '../../../features/records/result.js';
import { timeCursors } from '../../../features/records/paging/time-cursor.js';
import { type Context, readsFor, requestOf } from '../context.js';
import { PageArguments, connectionOf, readPage } from '../shape/connection.js';
import { instance } from '../shape/instance.js';
import { userErrorsOf } from '../user-errors/user-errors.js';
import {
  CreateEnrollmentTokenInput,
  CreateEnrollmentTokenPayload,
  EnrollmentToken,
  EnrollmentTokenConnection,
  EnrollmentTokenEdge,
  RevokeEnrollmentTokenInput,
  RevokeEnrollmentTokenPayload,
} from './enrollment-token.js';

const cursors = timeCursors('enrollmentToken');
const DAY_MS = 86_400_000;
const MAX_DAYS = 90;
const MAX_USES = 10_000;

@Resolver(() => EnrollmentToken)
export class EnrollmentTokenResolver {
  @Query(() => EnrollmentTokenConnection, {
    nullable: true,
    description:
      'Lists the enrollment tokens of an environment, ended ones included, without their secrets. Null if the environment does not exist.',
  })
  async enrollmentTokens(
    @Arg('environment', () => String, { description: 'Name of the environment.' }) environment: string,
    @Args(() => PageArguments) given: PageArguments,
    @Ctx() context: Context,
  ): Promise<EnrollmentTokenConnection | null> {
    const page = readPage(given, cursors.decode);
    const reads = readsFor(context, 'MANAGE');
    const [found] = environment.includes('\0') ? [] : await environmentsByName(reads, [environment]);
    if (!found) return null;
    const [rows, totalCount] = await Promise.all([
      enrollmentTokens(reads, found.id, page),
      countEnrollmentTokens(reads, found.id),
    ]);
    const nodeOf = (row: EnrollmentTokenRow) => shown(row);
    const fields = connectionOf(EnrollmentTokenEdge, rows, page, { nodeOf, cursorOf: cursors.encode });
    return instance(EnrollmentTokenConnection, { ...fields, totalCount });
  }

  @Mutation(() => CreateEnrollmentTokenPayload, {
    description:
      'Creates a token with which hosts enroll by `trustcast-agent enroll`. It is returned once; the service keeps a public key that does not lead back to it.',
  })
  async createEnrollmentToken(
    @Arg('input', () => CreateEnrollmentTokenInput, { description: 'The token to create.' })
    input: CreateEnrollmentTokenInput,
    @Ctx() context: Context,
  ): Promise<CreateEnrollmentTokenPayload> {
    const { environment, uses } = input;
    const expiresAt = input.expiresAt ?? new Date(Date.now() + DAY_MS);
    const refusals = [...refusalsOf([readIdempotencyKey(input.idempotencyKey)]), ...brokenRules(uses, expiresAt)];
    if (refusals.length > 0) return created(rejected(...refusals));
    const [pin] = await context.hostPins();
    if (pin === undefined) throw new Error('no key signs statements');
    const { database, tokenSecret } = context;
    const request = requestOf(context, 'createEnrollmentToken', input);
    return created(await createEnrollmentToken(database, request, { environment, uses, expiresAt, pin, tokenSecret }));
  }

  @Mutation(() => RevokeEnrollmentTokenPayload, {
    description: 'Revokes an enrollment token. No host enrolls with it any more; those that have stay enrolled.',
  })
  async revokeEnrollmentToken(
    @Arg('input', () => RevokeEnrollmentTokenInput, { description: 'The token to revoke.' })
    { id }: RevokeEnrollmentTokenInput,
    @Ctx() context: Context,
  ): Promise<RevokeEnrollmentTokenPayload> {
    const isSeen = isUuid(id) && (await enrollmentTokenById(context.reads, id)) !== null;
    const revoked = isSeen ? await revokeEnrollmentToken(context.database, context, id) : null;
    const refusals: Refusal[] = revoked
      ? []
      : [
          {
            code: 'ENROLLMENT_TOKEN_NOT_FOUND',
            message: 'there is no such enrollment token: its environment was deleted, or the id is another',
            field: ['id'],
          },
        ];
    return instance(RevokeEnrollmentTokenPayload, {
      enrollmentToken: revoked && shown(revoked),
      userErrors: userErrorsOf(refusals),
    });
  }
}

function brokenRules(uses: number, expiresAt: Date): Refusal[] {
  const invalid = (field: string, message: string): Refusal => ({ code: 'INVALID_INPUT', message, field: [field] });
  const left = expiresAt.getTime() - Date.now();
  return [
    ...(uses < 1 || uses > MAX_USES ? [invalid('uses', `must be a number from 1 to ${MAX_USES}`)] : []),
    ...(left <= 0 ? [invalid('expiresAt', 'must be in the future')] : []),
    ...(left > MAX_DAYS * DAY_MS ? [invalid('expiresAt', `must be within ${MAX_DAYS} days`)] : []),
  ];
}

type Created = Awaited<ReturnType<typeof createEnrollmentToken>>;

function created(result: Created): CreateEnrollmentTokenPayload {
  return result.ok
    ? instance(CreateEnrollmentTokenPayload, {
        enrollmentToken: shown(result.value.enrollmentToken),
        token: result.value.token,
        userErrors: [],
      })
    : instance(CreateEnrollmentTokenPayload, {
        enrollmentToken: null,
        token: null,
        userErrors: userErrorsOf(result.refusals),
      });
}

function shown(record: EnrollmentTokenRecord): EnrollmentToken {
  const { id, hint, environment, uses, used, createdBy, createdAt, expiresAt, revokedAt, revokedBy } = record;
  return instance(EnrollmentToken, {
    id,
    hint,
    environment,
    uses,
    used,
    createdBy,
    createdAt,
    expiresAt,
    revokedAt,
    revokedBy,
  });
}
