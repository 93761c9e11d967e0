import { Field, InputType, Int, ObjectType } from 'type-graphql';
import type { ApiTokenRecord } from '../../../features/records/api-token-record.js';
import type { Permission as Name } from '../../../features/records/grants.js';
import { KEY_DESCRIPTION } from '../certificates/certificate-inputs.js';
import { connectionType, edgeType } from '../shape/connection.js';
import { DateTime } from '../shape/date-time.js';
import { ID } from '../shape/id.js';
import { UserError } from '../user-errors/user-error.js';
import { Permission } from './permission.js';

@ObjectType({ description: 'A bearer token of this installation, without its secret.' })
export class ApiToken implements ApiTokenRecord {
  @Field(() => ID, { description: 'ID of the token.' })
  id!: string;

  @Field(() => String, { description: 'Name of the token.' })
  name!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The first characters of the token. Null for tokens of before they were stored.',
  })
  hint!: string | null;

  @Field(() => [Permission], { description: 'Permissions of the token.' })
  permissions!: readonly Name[];

  @Field(() => [String], {
    nullable: true,
    description:
      'Names of the environments in which the permissions hold, sorted. Null means all, including future ones.',
  })
  environments!: readonly string[] | null;

  @Field(() => String, { description: 'Actor that created the token.' })
  createdBy!: string;

  @Field(() => DateTime, { description: 'Time of creation.' })
  createdAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time at which the token expires. Null if it does not expire.',
  })
  expiresAt!: Date | null;

  @Field(() => Boolean, { description: 'Whether the token is valid and expires within 14 days.' })
  expiresSoon!: boolean;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time of the last use, to the minute. Null if it was not used.',
  })
  lastUsedAt!: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'Time of revocation. Null if the token was not revoked.' })
  revokedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'Actor that revoked the token. Null if it was not revoked.' })
  revokedBy!: string | null;
}

@InputType({ description: 'An API token to create.' })
export class CreateApiTokenInput {
  @Field(() => String, { description: 'Name of the token, 1 to 128 characters.' })
  name!: string;

  @Field(() => [Permission], { description: 'Permissions of the token; at least one.' })
  permissions!: Name[];

  @Field(() => [String], {
    nullable: true,
    description: 'Names of the environments in which the permissions hold. Null means all, including future ones.',
  })
  environments?: string[] | null;

  @Field(() => DateTime, { nullable: true, description: 'Time at which the token expires. Null means never.' })
  expiresAt?: Date | null;

  @Field(() => String, { nullable: true, description: KEY_DESCRIPTION })
  idempotencyKey?: string | null;
}

@InputType({ description: 'An API token to revoke.' })
export class RevokeApiTokenInput {
  @Field(() => ID, { description: 'ID of the token.' })
  id!: string;
}

@ObjectType({ description: 'Result of creating an API token.' })
export class CreateApiTokenPayload {
  @Field(() => ApiToken, {
    nullable: true,
    description: 'The token that was created. Null if the request was refused.',
  })
  apiToken!: ApiToken | null;

  @Field(() => String, {
    nullable: true,
    description: 'The secret. Returned once, and again to a retry with the same idempotency key. Null if refused.',
  })
  token!: string | null;

  @Field(() => [UserError], { description: 'Reasons the request was refused; empty on success.' })
  userErrors!: readonly UserError[];
}

@ObjectType({ description: 'Result of revoking an API token.' })
export class RevokeApiTokenPayload {
  @Field(() => ApiToken, { nullable: true, description: 'The revoked token. Null if the request was refused.' })
  apiToken!: ApiToken | null;

  @Field(() => [UserError], { description: 'Reasons the request was refused; empty on success.' })
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true, description: 'An API token in a list.' })
export class ApiTokenEdge extends edgeType(() => ApiToken) {}

@ObjectType({ simpleResolvers: true, description: 'A page of API tokens.' })
export class ApiTokenConnection extends connectionType(
  () => ApiToken,
  () => ApiTokenEdge,
  'newest first',
) {
  @Field(() => Int, { description: 'Number of all tokens, revoked ones included.' })
  totalCount!: number;
}
