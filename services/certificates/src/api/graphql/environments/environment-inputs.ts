import { Field, InputType, Int } from 'type-graphql';
import type { EnvironmentKind as Kind } from '../../../features/records/environment-record.js';
import { EnvironmentKind } from './environment.js';
import { KEY_DESCRIPTION } from '../certificates/certificate-inputs.js';

@InputType({ description: 'Input for creating an environment.' })
export class CreateEnvironmentInput {
  @Field(() => String, {
    description: 'Name of the environment: 1 to 63 characters of a-z, 0-9 and -, unique and immutable.',
  })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Title of the environment for people; the name if omitted.' })
  title?: string | null;

  @Field(() => EnvironmentKind, { description: 'Kind of the environment, immutable.' })
  kind!: Kind;

  @Field(() => String, { nullable: true, description: KEY_DESCRIPTION })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Input for updating an environment.' })
export class UpdateEnvironmentInput {
  @Field(() => String, { description: 'Name of the environment.' })
  name!: string;

  @Field(() => String, { description: 'New title, 1 to 128 characters.' })
  title!: string;
}

@InputType({ description: 'Input for deleting an environment.' })
export class DeleteEnvironmentInput {
  @Field(() => String, { description: 'Name of the environment.' })
  name!: string;
}

@InputType({ description: 'Confirmation, after a restore, that the database is authoritative.' })
export class AdvanceEpochInput {
  @Field(() => String, { description: 'Name of the environment.' })
  environment!: string;

  @Field(() => Int, { description: 'The epoch to leave. A repeated request therefore advances only once.' })
  expectedEpoch!: number;

  @Field(() => String, { description: 'Reason recorded in the audit, 1 to 128 characters.' })
  reason!: string;

  @Field(() => [String], {
    defaultValue: [],
    description:
      'SHA-256 fingerprints of the certificates that shall be trusted again, as `advanceEpochPlan` shows them.',
  })
  retrust!: string[];

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Advances although it is not known, or only in part, what would be trusted again.',
  })
  confirmUnknown!: boolean;
}
