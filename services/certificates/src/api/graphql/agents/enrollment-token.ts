import { Field, InputType, Int, ObjectType } from 'type-graphql';
import type { EnrollmentTokenRecord } from '../../../features/records/enrollment-token-record.js';
import { KEY_DESCRIPTION } from '../certificates/certificate-inputs.js';
import { connectionType, edgeType } from '../shape/connection.js';
import { DateTime } from '../shape/date-time.js';
import { ID } from '../shape/id.js';
import { UserError } from '../user-errors/user-error.js';

@ObjectType({ description: 'A token with which hosts enroll in an environment, without its secret.' })
export class EnrollmentToken implements EnrollmentTokenRecord {
  @Field(() => ID, { description: 'ID of the token.' })
  id!: string;

  @Field(() => String, { description: 'The first characters of the token.' })
  hint!: string;

  @Field(() => String, { description: 'Name of the environment in which hosts enroll.' })
  environment!: string;

  @Field(() => Int, { description: 'Number of hosts that may enroll with the token.' })
  uses!: number;

  @Field(() => Int, { description: 'Number of hosts that have enrolled with the token.' })
  used!: number;

  @Field(() => String, { description: 'Actor that created the token.' })
  createdBy!: string;

  @Field(() => DateTime, { description: 'Time of creation.' })
  createdAt!: Date;

  @Field(() => DateTime, { description: 'Time at which the token expires.' })
  expiresAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'Time of revocation. Null if the token was not revoked.' })
  revokedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'Actor that revoked the token. Null if it was not revoked.' })
  revokedBy!: string | null;
}

@InputType({ description: 'An enrollment token to create.' })
export class CreateEnrollmentTokenInput {
  @Field(() => String, { description: 'Name of the environment in which hosts enroll.' })
  environment!: string;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time at which the token expires, within 90 days. Null means after 24 hours.',
  })
  expiresAt?: Date | null;

  @Field(() => Int, { defaultValue: 1, description: 'Number of hosts that may enroll with the token, 1 to 10,000.' })
  uses!: number;

  @Field(() => String, { nullable: true, description: KEY_DESCRIPTION })
  idempotencyKey?: string | null;
}

@InputType({ description: 'An enrollment token to revoke.' })
export class RevokeEnrollmentTokenInput {
  @Field(() => ID, { description: 'ID of the token.' })
  id!: string;
}

@ObjectType({ description: 'Result of creating an enrollment token.' })
export class CreateEnrollmentTokenPayload {
  @Field(() => EnrollmentToken, {
    nullable: true,
    description: 'The token that was created. Null if the request was refused.',
  })
  enrollmentToken!: EnrollmentToken | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The secret for `trustcast-agent enroll`, which also holds the pin of the service. Returned once, and again to a retry with the same idempotency key. Null if refused.',
  })
  token!: string | null;

  @Field(() => [UserError], { description: 'Reasons the request was refused; empty on success.' })
  userErrors!: readonly UserError[];
}

@ObjectType({ description: 'Result of revoking an enrollment token.' })
export class RevokeEnrollmentTokenPayload {
  @Field(() => EnrollmentToken, {
    nullable: true,
    description: 'The revoked token. Null if the request was refused.',
  })
  enrollmentToken!: EnrollmentToken | null;

  @Field(() => [UserError], { description: 'Reasons the request was refused; empty on success.' })
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true, description: 'An enrollment token in a list.' })
export class EnrollmentTokenEdge extends edgeType(() => EnrollmentToken) {}

@ObjectType({ simpleResolvers: true, description: 'A page of the enrollment tokens of an environment.' })
export class EnrollmentTokenConnection extends connectionType(
  () => EnrollmentToken,
  () => EnrollmentTokenEdge,
  'newest first',
) {
  @Field(() => Int, { description: 'Number of all tokens of the environment, ended ones included.' })
  totalCount!: number;
}
