import { GraphQLJSONObject } from 'graphql-scalars';
import { Field, InputType, Int, ObjectType } from 'type-graphql';
import { DateTime } from '../shape/date-time.js';
import { ID } from '../shape/id.js';
import type { AuditFilter, AuditRow } from '../../../features/audit/sql/list-audit.js';
import { instance } from '../shape/instance.js';
import { connectionOf, connectionType, edgeType, numberCursor } from '../shape/connection.js';
import type { Page } from '../../../features/records/paging/page.js';

@InputType({ description: 'Conditions on audit records, all of which must hold.' })
export class AuditFilterInput implements AuditFilter {
  @Field(() => String, { nullable: true, description: 'Actor of the change, as `AuditRecord.actor` shows it.' })
  actor?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of a mutation, such as `deleteCertificate` or `retrieveCertificates`.',
  })
  action?: string | null;

  @Field(() => ID, { nullable: true, description: 'Id of the changed certificate, which may have been deleted since.' })
  certificateId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of a changed environment, which may have been deleted since.',
  })
  environment?: string | null;

  @Field(() => ID, { nullable: true, description: 'Id of the request that made the change.' })
  requestId?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Start of the period, inclusive.' })
  from?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'End of the period, exclusive.' })
  until?: Date | null;
}

@ObjectType({ description: 'A revision that a change created.' })
export class AuditRevision {
  @Field(() => String, { description: 'Name of the environment.' })
  environment!: string;

  @Field(() => Int, { description: 'Epoch of the environment.' })
  epoch!: number;

  @Field(() => Int, { description: 'Revision of the environment after the change.' })
  revision!: number;
}

@ObjectType({
  description: 'Position of a record in the hash chain of the audit, which the command `verify-audit` checks.',
})
export class AuditSeal {
  @Field(() => Int, { description: 'Position in the chain.' })
  sequence!: number;

  @Field(() => String, { description: 'SHA-256 hash of this record and all records before it.' })
  hash!: string;
}

@ObjectType({ description: 'A record of an action. Records are immutable.' })
export class AuditRecord {
  @Field(() => ID, { description: 'Id of the record; ids increase over time.' })
  id!: string;

  @Field(() => DateTime, { description: 'Time of the action.' })
  at!: Date;

  @Field(() => String, { description: 'Actor: the name and id of a token, or `service`.' })
  actor!: string;

  @Field(() => String, {
    description:
      'Name of the mutation, including `retrieveCertificates`, or `changeOwner` where `changeCertificates` changed the owner of a certificate.',
  })
  action!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Network address of the client, or null for an action of the service itself.',
  })
  address!: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      'Id of the request, which the response returned as `x-request-id`. Null for an action of the service itself.',
  })
  requestId!: string | null;

  @Field(() => ID, { nullable: true, description: 'Id of the changed certificate, which may have been deleted since.' })
  certificateId!: string | null;

  @Field(() => [String], { description: 'Names of the changed environments.' })
  environments!: readonly string[];

  @Field(() => [AuditRevision], { description: 'Revisions that the change created.' })
  revisions!: readonly AuditRevision[];

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description: 'The object before the change, or null if it did not exist.',
  })
  before!: Record<string, unknown> | null;

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description: 'The object after the change, or null if it was deleted.',
  })
  after!: Record<string, unknown> | null;

  @Field(() => GraphQLJSONObject, { description: 'Further details of the action.' })
  details!: Record<string, unknown>;

  @Field(() => AuditSeal, {
    nullable: true,
    description: 'Position in the hash chain, or null until the record is sealed shortly afterwards.',
  })
  seal!: AuditSeal | null;
}

@ObjectType({ description: 'An audit record with its cursor.' })
export class AuditEdge extends edgeType(() => AuditRecord) {}

@ObjectType({ description: 'A page of the audit.' })
export class AuditConnection extends connectionType(
  () => AuditRecord,
  () => AuditEdge,
  'newest first',
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
