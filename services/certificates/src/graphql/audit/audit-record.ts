import { GraphQLJSONObject } from 'graphql-scalars';
import { Field, InputType, Int, ObjectType } from 'type-graphql';
import { DateTime } from '../date-time.js';
import { ID } from '../id.js';
import type { AuditFilter, AuditRow } from '../../postgres/list-audit.js';
import { instance } from '../instance.js';
import { connectionOf, connectionType, edgeType, numberCursor } from '../connection.js';
import type { Page } from '../../domain/page.js';

@InputType({ description: 'Which records; all conditions hold.' })
export class AuditFilterInput implements AuditFilter {
  @Field(() => String, { nullable: true, description: 'Who did it, as a record names them.' })
  actor?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the mutation, such as `deleteCertificate`, or `retrieveCertificates`.',
  })
  action?: string | null;

  @Field(() => ID, { nullable: true, description: 'The certificate that was changed; it may be gone.' })
  certificateId?: string | null;

  @Field(() => String, { nullable: true, description: 'Name of an environment that was changed; it may be gone.' })
  environment?: string | null;

  @Field(() => ID, { nullable: true, description: 'The request that did it.' })
  requestId?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Done then or later.' })
  from?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'Done before.' })
  until?: Date | null;
}

@ObjectType({ description: 'A revision that a change made.' })
export class AuditRevision {
  @Field(() => String, { description: 'Name of the environment.' })
  environment!: string;

  @Field(() => Int, { description: 'Its epoch.' })
  epoch!: number;

  @Field(() => Int, { description: 'Its revision since the change.' })
  revision!: number;
}

@ObjectType({ description: 'Where the chain of the audit holds a record; the command `verify-audit` checks it.' })
export class AuditSeal {
  @Field(() => Int, { description: 'The number of the link.' })
  sequence!: number;

  @Field(() => String, { description: 'SHA-256 over this record and everything before it.' })
  hash!: string;
}

@ObjectType({ description: 'Something that was done. Records are never changed.' })
export class AuditRecord {
  @Field(() => ID, { description: 'Grows from record to record.' })
  id!: string;

  @Field(() => DateTime, { description: 'When.' })
  at!: Date;

  @Field(() => String, { description: 'Who: the name and id of a token, or `service`.' })
  actor!: string;

  @Field(() => String, {
    description:
      'What: the name of the mutation, `retrieveCertificates`, or `changeOwner` where `changeCertificates` took one over.',
  })
  action!: string;

  @Field(() => String, { nullable: true, description: 'Network address that it came from; null: the service itself.' })
  address!: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The request, as its answer names it in `x-request-id`; null: the service itself.',
  })
  requestId!: string | null;

  @Field(() => ID, { nullable: true, description: 'Id of the certificate that was changed, which may be gone.' })
  certificateId!: string | null;

  @Field(() => [String], { description: 'Names of the environments that were changed.' })
  environments!: readonly string[];

  @Field(() => [AuditRevision], { description: 'What it was deployed as.' })
  revisions!: readonly AuditRevision[];

  @Field(() => GraphQLJSONObject, { nullable: true, description: 'As it was before; null: it was not.' })
  before!: Record<string, unknown> | null;

  @Field(() => GraphQLJSONObject, { nullable: true, description: 'As it is after; null: it is not any more.' })
  after!: Record<string, unknown> | null;

  @Field(() => GraphQLJSONObject, { description: 'What else is to be known.' })
  details!: Record<string, unknown>;

  @Field(() => AuditSeal, { nullable: true, description: 'Null for the moment until it is sealed.' })
  seal!: AuditSeal | null;
}

@ObjectType({ description: 'A record of the audit in a list.' })
export class AuditEdge extends edgeType(() => AuditRecord) {}

@ObjectType({ description: 'A page of the audit.' })
export class AuditConnection extends connectionType(
  () => AuditRecord,
  () => AuditEdge,
  'the latest first',
) {}

export function auditRecordOf({ id, sequence, hash, revisions, ...row }: AuditRow): AuditRecord {
  return instance(AuditRecord, {
    ...row,
    id: String(id),
    revisions: revisions.map((revision) => instance(AuditRevision, revision)),
    seal: sequence === null || hash === null ? null : instance(AuditSeal, { sequence, hash }),
  });
}

const cursorOf = numberCursor<AuditRow>('audit', ({ id }) => id);

/** A page of records that were read with one more. */
export function auditPage(rows: readonly AuditRow[], page: Page<number>): AuditConnection {
  return instance(AuditConnection, connectionOf(AuditEdge, rows, page, { nodeOf: auditRecordOf, cursorOf }));
}
