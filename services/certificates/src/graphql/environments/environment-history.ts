import { Field, Int, ObjectType } from 'type-graphql';
import { DateTime } from '../date-time.js';
import { ID } from '../id.js';
import { connectionType, edgeType } from '../connection.js';
import { EnvironmentLine } from './environment-line.js';

@ObjectType({ description: 'What a revision did to one certificate in its environment.' })
export class RevisionChange {
  @Field(() => ID, { description: 'Id of the certificate, which may be gone: its records are in the `audit`.' })
  certificateId!: string;

  @Field(() => String, { description: 'Its name.' })
  name!: string;

  @Field(() => EnvironmentLine, { nullable: true, description: 'What the environment had of it; null: it was added.' })
  before!: EnvironmentLine | null;

  @Field(() => EnvironmentLine, { nullable: true, description: 'What it has since; null: it was removed.' })
  after!: EnvironmentLine | null;
}

@ObjectType({ description: 'A change of a revision in a list.' })
export class RevisionChangeEdge extends edgeType(() => RevisionChange) {}

@ObjectType({ description: 'A page of what a revision changed.' })
export class RevisionChangeConnection extends connectionType(
  () => RevisionChange,
  () => RevisionChangeEdge,
  'in the order in which they were made',
) {}

@ObjectType({ description: 'How many certificates a revision changed.' })
export class RevisionCounts {
  @Field(() => Int, { description: 'Those that the environment did not have before.' })
  added!: number;

  @Field(() => Int, { description: 'Those that got another alias or another X.509 certificate.' })
  changed!: number;

  @Field(() => Int, { description: 'Those that it does not have any more.' })
  removed!: number;
}

@ObjectType({ description: 'A state that an environment was brought to; `rollbackPlan` shows the way back.' })
export class Revision {
  environmentId!: string;

  @Field(() => Int, { description: 'Its number.' })
  revision!: number;

  @Field(() => Int, { description: 'The epoch that it was made in.' })
  epoch!: number;

  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: Date;

  deploymentId!: string;
}

@ObjectType({ description: 'A revision in a list.' })
export class RevisionEdge extends edgeType(() => Revision) {}

@ObjectType({ description: 'A page of the revisions of an environment.' })
export class RevisionConnection extends connectionType(
  () => Revision,
  () => RevisionEdge,
  'the latest first',
) {}
