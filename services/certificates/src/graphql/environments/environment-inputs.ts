import { Field, InputType, Int } from 'type-graphql';
import type { EnvironmentKind as Kind } from '../../domain/environment-record.js';
import { EnvironmentKind } from './environment.js';
import { KEY_DESCRIPTION } from '../certificates/certificate-inputs.js';

@InputType({ description: 'A new environment.' })
export class CreateEnvironmentInput {
  @Field(() => String, { description: '1 to 63 of a-z, 0-9 and -; unique; cannot be changed later.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'For people; the name, when none is given.' })
  title?: string | null;

  @Field(() => EnvironmentKind, { description: 'Who uses its certificates; cannot be changed later.' })
  kind!: Kind;

  @Field(() => String, { nullable: true, description: KEY_DESCRIPTION })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A change of an environment.' })
export class UpdateEnvironmentInput {
  @Field(() => String, { description: 'Name of the environment.' })
  name!: string;

  @Field(() => String, { description: '1 to 128 characters.' })
  title!: string;
}

@InputType({ description: 'A deletion of an environment.' })
export class DeleteEnvironmentInput {
  @Field(() => String, { description: 'Name of the environment.' })
  name!: string;
}

@InputType({ description: 'The confirmation that the database is right, after a restore.' })
export class AdvanceEpochInput {
  @Field(() => String, { description: 'Name of the environment.' })
  environment!: string;

  @Field(() => Int, { description: 'The epoch that is left: a repeated request advances once.' })
  expectedEpoch!: number;

  @Field(() => String, { description: 'Why, for the audit: 1 to 128 characters.' })
  reason!: string;
}
