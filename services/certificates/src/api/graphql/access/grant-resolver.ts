import { Arg, Args, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { createGrant, deleteGrant } from '../../../features/identity/change-grants.js';
import { countGrants, grantsPage } from '../../../features/identity/sql/grants.js';
import { readIdempotencyKey } from '../../../features/records/certificate-input.js';
import type { GrantRecord } from '../../../features/records/grant-record.js';
import { MAX_PRINCIPAL_LENGTH, isPrincipal } from '../../../features/records/principal.js';
import { isUuid } from '../../../features/records/is-uuid.js';
import type { Refusal } from '../../../features/records/refusal.js';
import { refusalsOf } from '../../../features/records/result.js';
import { timeCursors } from '../../../features/records/paging/time-cursor.js';
import { type Context, readsFor, requestOf } from '../context.js';
import { PageArguments, connectionOf, readPage } from '../shape/connection.js';
import { instance } from '../shape/instance.js';
import { userErrorsOf } from '../user-errors/user-errors.js';
import {
  CreateGrantInput,
  CreateGrantPayload,
  DeleteGrantInput,
  DeleteGrantPayload,
  Grant,
  GrantConnection,
  GrantEdge,
} from './grant.js';
import { permissionRules } from './permission-rules.js';

const cursors = timeCursors('grant');

@Resolver(() => Grant)
export class GrantResolver {
  @Query(() => GrantConnection, { description: 'Lists what people and groups of OpenID Connect providers may do.' })
  async grants(@Args(() => PageArguments) given: PageArguments, @Ctx() context: Context): Promise<GrantConnection> {
    const page = readPage(given, cursors.decode);
    const reads = readsFor(context, 'ADMIN');
    const [rows, totalCount] = await Promise.all([grantsPage(reads, page), countGrants(reads)]);
    return instance(GrantConnection, {
      ...connectionOf(GrantEdge, rows, page, { nodeOf: shown, cursorOf: cursors.encode }),
      totalCount,
    });
  }

  @Mutation(() => CreateGrantPayload, {
    description: 'Grants permissions to a person or a group. Every process of the service knows it within two seconds.',
  })
  async createGrant(
    @Arg('input', () => CreateGrantInput, { description: 'The grant to create.' }) input: CreateGrantInput,
    @Ctx() context: Context,
  ): Promise<CreateGrantPayload> {
    const { issuers, database } = context;
    const { subject = null, group = null, environments = null } = input;
    const issuer = input.issuer ?? (issuers.length === 1 ? issuers[0] : undefined) ?? '';
    const key = readIdempotencyKey(input.idempotencyKey);
    const refusals = [...refusalsOf([key]), ...brokenRules(input, issuer, issuers)];
    if (refusals.length > 0) return instance(CreateGrantPayload, { grant: null, userErrors: userErrorsOf(refusals) });
    const made = await createGrant(database, requestOf(context, 'createGrant', input), {
      issuer,
      subject,
      group,
      permissions: [...new Set(input.permissions)],
      environments: environments && [...new Set(environments)],
    });
    return instance(
      CreateGrantPayload,
      made.ok
        ? { grant: made.value && shown(made.value), userErrors: [] }
        : { grant: null, userErrors: userErrorsOf(made.refusals) },
    );
  }

  @Mutation(() => DeleteGrantPayload, {
    description: 'Takes a grant back. Every process of the service knows it within two seconds.',
  })
  async deleteGrant(
    @Arg('input', () => DeleteGrantInput, { description: 'The grant to delete.' }) { id }: DeleteGrantInput,
    @Ctx() context: Context,
  ): Promise<DeleteGrantPayload> {
    const deleted = isUuid(id) ? await deleteGrant(context.database, context, id) : null;
    const refusals: Refusal[] = deleted
      ? []
      : [
          {
            code: 'GRANT_NOT_FOUND',
            message: 'there is no such grant: it was deleted, or the id is another',
            field: ['id'],
          },
        ];
    return instance(DeleteGrantPayload, { grant: deleted && shown(deleted), userErrors: userErrorsOf(refusals) });
  }
}

function brokenRules(input: CreateGrantInput, issuer: string, issuers: readonly string[]): Refusal[] {
  const { subject, group } = input;
  const invalid = (field: string, message: string): Refusal => ({ code: 'INVALID_INPUT', message, field: [field] });
  const known = issuers.length > 0 ? issuers.join(', ') : 'none, see TRUSTCAST_OIDC_ISSUERS';
  const names = Object.entries({ subject, group }).filter(([, name]) => name != null);
  return [
    ...(issuers.includes(issuer) ? [] : [invalid('issuer', `must be a configured issuer; there is ${known}`)]),
    ...(names.length === 1 ? [] : [invalid('subject', 'name a subject or a group, and not both')]),
    ...names
      .filter(([, name]) => !isPrincipal(name))
      .map(([field]) =>
        invalid(field, `must have 1 to ${MAX_PRINCIPAL_LENGTH} characters, none of them a control or format character`),
      ),
    ...permissionRules(input),
  ];
}

function shown({ id, issuer, subject, group, permissions, environments, createdBy, createdAt }: GrantRecord): Grant {
  return instance(Grant, { id, issuer, subject, group, permissions, environments, createdBy, createdAt });
}
