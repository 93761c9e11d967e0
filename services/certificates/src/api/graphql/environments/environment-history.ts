import { Field, Int, ObjectType } from 'type-graphql';
import { DateTime } from '../shape/date-time.js';
import { ID } from '../shape/id.js';
import { connectionType, edgeType } from '../shape/connection.js';
import { EnvironmentEntry } from './environment-entry.js';

@ObjectType({ description: 'What a revision changed about one certificate in its environment.' })
export class RevisionChange {
  @Field(() => ID, {
    description: 'Id of the certificate, which may have been deleted since; `audit` lists its records.',
  })
  certificateId!: string;

  @Field(() => String, { description: 'Name of the certificate.' })
  name!: string;

  @Field(() => EnvironmentEntry, {
    nullable: true,
    description: 'The entry before the revision, or null if the revision added it.',
  })
  before!: EnvironmentEntry | null;

  @Field(() => EnvironmentEntry, {
    nullable: true,
    description: 'The entry after the revision, or null if the revision removed it.',
  })
  after!: EnvironmentEntry | null;
}

@ObjectType({ description: 'A change of a revision with its cursor.' })
export class RevisionChangeEdge extends edgeType(() => RevisionChange) {}

@ObjectType({ description: 'A page of the changes of a revision.' })
export class RevisionChangeConnection extends connectionType(
  () => RevisionChange,
  () => RevisionChangeEdge,
  'in the order of the changes',
) {}

@ObjectType({ description: 'Numbers of certificates that a revision changed.' })
export class RevisionCounts {
  @Field(() => Int, { description: 'Number of certificates that the revision added to the environment.' })
  added!: number;

  @Field(() => Int, { description: 'Number of certificates that received another alias or another X.509 certificate.' })
  changed!: number;

  @Field(() => Int, { description: 'Number of certificates that the revision removed from the environment.' })
  removed!: number;
}

@ObjectType({ description: 'A past or current state of an environment. `rollbackPlan` shows how to return to it.' })
export class Revision {
  environmentId!: string;

  @Field(() => Int, { description: 'Number of the revision.' })
  revision!: number;

  @Field(() => Int, { description: 'Epoch in which the revision was made.' })
  epoch!: number;

  @Field(() => DateTime, { description: 'Time at which the revision was made.' })
  createdAt!: Date;

  deploymentId!: string;
}

@ObjectType({ description: 'A revision with its cursor.' })
export class RevisionEdge extends edgeType(() => Revision) {}

@ObjectType({ description: 'A page of the revisions of an environment.' })
export class RevisionConnection extends connectionType(
  () => Revision,
  () => RevisionEdge,
  'newest first',
) {}
