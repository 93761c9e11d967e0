import { Field, InputType, Int, ObjectType } from 'type-graphql';
import type { GrantRecord } from '../../../features/records/grant-record.js';
import type { Permission as Name } from '../../../features/records/grants.js';
import { KEY_DESCRIPTION } from '../certificates/certificate-inputs.js';
import { connectionType, edgeType } from '../shape/connection.js';
import { DateTime } from '../shape/date-time.js';
import { ID } from '../shape/id.js';
import { UserError } from '../user-errors/user-error.js';
import { Permission } from './permission.js';

@ObjectType({ description: 'Permissions of a person, or of everybody in a group of an OpenID Connect provider.' })
export class Grant implements GrantRecord {
  @Field(() => ID, { description: 'ID of the grant.' })
  id!: string;

  @Field(() => String, { description: 'URL of the provider.' })
  issuer!: string;

  @Field(() => String, { nullable: true, description: 'Subject of the person. Null for a group.' })
  subject!: string | null;

  @Field(() => String, { nullable: true, description: 'Name of the group. Null for a person.' })
  group!: string | null;

  @Field(() => [Permission], { description: 'Permissions that are granted.' })
  permissions!: readonly Name[];

  @Field(() => [String], {
    nullable: true,
    description:
      'Names of the environments in which the permissions hold, sorted. Null means all, including future ones.',
  })
  environments!: readonly string[] | null;

  @Field(() => String, { description: 'Actor that created the grant.' })
  createdBy!: string;

  @Field(() => DateTime, { description: 'Time of creation.' })
  createdAt!: Date;
}

@InputType({ description: 'A grant to create, to a person or to a group.' })
export class CreateGrantInput {
  @Field(() => String, {
    nullable: true,
    description: 'URL of the provider. Null means the configured one, where there is only one.',
  })
  issuer?: string | null;

  @Field(() => String, { nullable: true, description: 'Subject of the person; excludes `group`.' })
  subject?: string | null;

  @Field(() => String, { nullable: true, description: 'Name of the group; excludes `subject`.' })
  group?: string | null;

  @Field(() => [Permission], { description: 'Permissions to grant; at least one.' })
  permissions!: Name[];

  @Field(() => [String], {
    nullable: true,
    description: 'Names of the environments in which the permissions hold. Null means all, including future ones.',
  })
  environments?: string[] | null;

  @Field(() => String, { nullable: true, description: KEY_DESCRIPTION })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A grant to delete.' })
export class DeleteGrantInput {
  @Field(() => ID, { description: 'ID of the grant.' })
  id!: string;
}

@ObjectType({ description: 'Result of creating a grant.' })
export class CreateGrantPayload {
  @Field(() => Grant, { nullable: true, description: 'The grant that was created. Null if the request was refused.' })
  grant!: Grant | null;

  @Field(() => [UserError], { description: 'Reasons the request was refused; empty on success.' })
  userErrors!: readonly UserError[];
}

@ObjectType({ description: 'Result of deleting a grant.' })
export class DeleteGrantPayload {
  @Field(() => Grant, { nullable: true, description: 'The grant that was deleted. Null if the request was refused.' })
  grant!: Grant | null;

  @Field(() => [UserError], { description: 'Reasons the request was refused; empty on success.' })
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true, description: 'A grant in a list.' })
export class GrantEdge extends edgeType(() => Grant) {}

@ObjectType({ simpleResolvers: true, description: 'A page of grants.' })
export class GrantConnection extends connectionType(
  () => Grant,
  () => GrantEdge,
  'newest first',
) {
  @Field(() => Int, { description: 'Number of all grants.' })
  totalCount!: number;
}
