import { Field, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { jwkQuestion } from '../../domain/jwk-decision.js';
import type { JwkDecision as Decision } from '../../domain/jwk-record.js';
import { type RollbackStep as Step, retrusted } from '../../domain/rollback-plan.js';
import type { RollbackPlan as Plan } from '../../postgres/rollback-environment.js';
import { CONFIRM_ISSUER_LIST, KEY_DESCRIPTION } from '../certificates/certificate-inputs.js';
import { Warning } from '../certificates/certificate-payload.js';
import { EnvironmentLine } from '../environments/environment-line.js';
import { instance } from '../instance.js';
import { JwkChoice, jwkChoices } from '../jwks/jwk-choice.js';
import { DECISION_DESCRIPTION, JwkDecision, JwkDecisionInput } from '../jwks/jwk-decision-input.js';
import { Jwk } from '../jwks/jwk.js';
import { UserError } from '../user-errors/user-error.js';

export const RollbackAction = { ADD: 'ADD', REPLACE: 'REPLACE', REMOVE: 'REMOVE' } as const;
registerEnumType(RollbackAction, {
  name: 'RollbackAction',
  description: 'What a rollback does to a certificate in its environment.',
  valuesConfig: {
    ADD: { description: 'It comes back.' },
    REPLACE: { description: 'It gets the alias and the X.509 certificate that it had.' },
    REMOVE: { description: 'It leaves the environment, and is deleted where it is in no other.' },
  },
});

@ObjectType({ description: 'What a rollback does to one certificate.' })
export class RollbackStep {
  @Field(() => String, { description: 'Name of the certificate.' })
  name!: string;

  @Field(() => RollbackAction, { description: 'What happens to it.' })
  action!: keyof typeof RollbackAction;

  @Field(() => EnvironmentLine, { nullable: true, description: 'What the environment has now; null: nothing of it.' })
  before!: EnvironmentLine | null;

  @Field(() => EnvironmentLine, { nullable: true, description: 'What it has then; null: nothing of it.' })
  after!: EnvironmentLine | null;

  @Field(() => Boolean, { description: 'The environment does not trust it now and would trust it again.' })
  retrusts!: boolean;

  @Field(() => Boolean, { description: 'The certificate was deleted and is made again.' })
  recreates!: boolean;
}

@ObjectType({ description: 'What a rollback would do now.' })
export class RollbackPlan {
  @Field(() => Int, { description: 'The current revision: what the rollback expects.' })
  expectedRevision!: number;

  @Field(() => [RollbackStep], { description: 'The differences, by name.' })
  steps!: readonly RollbackStep[];

  @Field(() => [Jwk], { description: 'JWKs that follow what changes: they must be decided about.' })
  jwks!: readonly Jwk[];

  @Field(() => [JwkDecision], { description: 'What can be decided about all of them alike.' })
  jwkOptions!: readonly Decision[];

  @Field(() => [JwkChoice], { description: 'What can be decided about each of them, and why the rest cannot.' })
  jwkChoices!: readonly JwkChoice[];

  @Field(() => [Warning], { description: 'What is worth knowing before it is made.' })
  warnings!: readonly Warning[];
}

@InputType({ description: 'A return to a past revision.' })
export class RollbackEnvironmentInput {
  @Field(() => String, { description: 'Name of the environment.' })
  environment!: string;

  @Field(() => Int, { description: 'The revision whose certificates it shall have again.' })
  revision!: number;

  @Field(() => Int, { description: 'The current revision, as the plan was shown.' })
  expectedRevision!: number;

  @Field(() => [String], { defaultValue: [], description: 'SHA-256 of everything that is meant to be trusted again.' })
  retrust!: string[];

  @Field(() => [JwkDecisionInput], { nullable: true, description: DECISION_DESCRIPTION })
  jwkDecision?: JwkDecisionInput[] | null;

  @Field(() => String, {
    nullable: true,
    description: "The environment's name, typed as a confirmation: required with `jwkDecision`.",
  })
  confirmName?: string | null;

  @Field(() => Boolean, { defaultValue: false, description: CONFIRM_ISSUER_LIST })
  confirmIssuerList!: boolean;

  @Field(() => String, { nullable: true, description: KEY_DESCRIPTION })
  idempotencyKey?: string | null;
}

@ObjectType({ description: 'The outcome of a rollback.' })
export class RollbackPayload {
  environmentId!: string | null;

  deploymentId!: string | null;
  /** What was asked for, where it was refused. */
  refused!: { readonly environment: string; readonly revision: number } | null;

  @Field(() => [Warning], { description: 'Worth knowing, although it was made.' })
  warnings!: readonly Warning[];

  @Field(() => [UserError], { description: 'Why it was not done; empty when it was.' })
  userErrors!: UserError[];
}

export function rollbackPlanOf({ environment, steps, affected, warnings }: Plan): RollbackPlan {
  const again = new Set(retrusted(steps));
  const question = jwkQuestion(affected);
  return instance(RollbackPlan, {
    expectedRevision: environment.revision,
    steps: steps.map((step) => stepOf(step, again.has(step))),
    jwks: question.jwks.map((jwk) => instance(Jwk, jwk)),
    jwkOptions: question.options,
    jwkChoices: jwkChoices(question),
    warnings: warnings.map((warning) => instance(Warning, warning)),
  });
}

function stepOf({ name, before, after, existing }: Step, retrusts: boolean): RollbackStep {
  return instance(RollbackStep, {
    name,
    action: !before ? 'ADD' : after ? 'REPLACE' : 'REMOVE',
    before: before && instance(EnvironmentLine, before),
    after: after && instance(EnvironmentLine, after),
    retrusts,
    recreates: existing === null,
  });
}
