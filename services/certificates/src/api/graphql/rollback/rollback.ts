import { Field, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { jwkQuestion } from '../../../features/jwks/rules/jwk-decision.js';
import type { JwkDecision as Decision } from '../../../features/records/jwk-record.js';
import { type RollbackStep as Step, retrusted } from '../../../features/rollback/rules/rollback-plan.js';
import type { RollbackPlan as Plan } from '../../../features/rollback/rollback-environment.js';
import { CONFIRM_ISSUER_LIST, KEY_DESCRIPTION } from '../certificates/certificate-inputs.js';
import { Warning } from '../certificates/certificate-payload.js';
import { EnvironmentEntry } from '../environments/environment-entry.js';
import { instance } from '../shape/instance.js';
import { JwkChoice, jwkChoices } from '../jwks/jwk-choice.js';
import { DECISION_DESCRIPTION, JwkDecision, JwkDecisionInput } from '../jwks/jwk-decision-input.js';
import { Jwk } from '../jwks/jwk.js';
import { UserError } from '../user-errors/user-error.js';

export const RollbackAction = { ADD: 'ADD', REPLACE: 'REPLACE', REMOVE: 'REMOVE' } as const;
registerEnumType(RollbackAction, {
  name: 'RollbackAction',
  description: 'What a rollback, or advancing the epoch, does with a certificate in its environment.',
  valuesConfig: {
    ADD: { description: 'The certificate is deployed to the environment again.' },
    REPLACE: { description: 'The certificate receives its former alias and X.509 certificate.' },
    REMOVE: {
      description:
        'The certificate is removed from the environment. A rollback also deletes it if it is deployed to no other.',
    },
  },
});

@ObjectType({ description: 'What a rollback does with one certificate.' })
export class RollbackStep {
  @Field(() => String, { description: 'Name of the certificate.' })
  name!: string;

  @Field(() => RollbackAction, { description: 'What the rollback does with the certificate.' })
  action!: keyof typeof RollbackAction;

  @Field(() => EnvironmentEntry, {
    nullable: true,
    description: 'The entry now, or null if the environment does not have the certificate.',
  })
  before!: EnvironmentEntry | null;

  @Field(() => EnvironmentEntry, {
    nullable: true,
    description: 'The entry after the rollback, or null if the environment will not have the certificate.',
  })
  after!: EnvironmentEntry | null;

  @Field(() => Boolean, {
    description: 'Whether the rollback makes the environment trust a certificate again that it does not trust now.',
  })
  retrusts!: boolean;

  @Field(() => Boolean, { description: 'Whether the rollback creates a deleted certificate again.' })
  recreates!: boolean;
}

@ObjectType({ description: 'What a rollback would do now.' })
export class RollbackPlan {
  @Field(() => Int, { description: 'The current revision, which the rollback expects.' })
  expectedRevision!: number;

  @Field(() => [RollbackStep], { description: 'The steps of the rollback, by name of the certificate.' })
  steps!: readonly RollbackStep[];

  @Field(() => [Jwk], { description: 'JWKs that follow the changed certificates and require a decision.' })
  jwks!: readonly Jwk[];

  @Field(() => [JwkDecision], { description: 'Decisions available for all of these JWKs alike.' })
  jwkOptions!: readonly Decision[];

  @Field(() => [JwkChoice], { description: 'Decisions available for each JWK, and the reasons others are not.' })
  jwkChoices!: readonly JwkChoice[];

  @Field(() => [Warning], { description: 'Warnings about the rollback.' })
  warnings!: readonly Warning[];
}

@InputType({ description: 'Input for rolling back an environment.' })
export class RollbackEnvironmentInput {
  @Field(() => String, { description: 'Name of the environment.' })
  environment!: string;

  @Field(() => Int, { description: 'The revision whose certificates are to be restored.' })
  revision!: number;

  @Field(() => Int, { description: 'The current revision, as shown in the plan.' })
  expectedRevision!: number;

  @Field(() => [String], {
    defaultValue: [],
    description: 'SHA-256 fingerprints of all certificates that are to be trusted again.',
  })
  retrust!: string[];

  @Field(() => [JwkDecisionInput], { nullable: true, description: DECISION_DESCRIPTION })
  jwkDecision?: JwkDecisionInput[] | null;

  @Field(() => String, {
    nullable: true,
    description: "The environment's name, typed as a confirmation. Required with `jwkDecision`.",
  })
  confirmName?: string | null;

  @Field(() => Boolean, { defaultValue: false, description: CONFIRM_ISSUER_LIST })
  confirmIssuerList!: boolean;

  @Field(() => String, { nullable: true, description: KEY_DESCRIPTION })
  idempotencyKey?: string | null;
}

@ObjectType({ description: 'Result of a rollback.' })
export class RollbackPayload {
  environmentId!: string | null;

  deploymentId!: string | null;
  /** Environment and revision of a refused request. */
  refused!: { readonly environment: string; readonly revision: number } | null;

  @Field(() => [Warning], { description: 'Warnings about a rollback that was made all the same.' })
  warnings!: readonly Warning[];

  @Field(() => [UserError], { description: 'Reasons the rollback was refused; empty on success.' })
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
    jwkChoices: jwkChoices(question.choices),
    warnings: warnings.map((warning) => instance(Warning, warning)),
  });
}

function stepOf({ name, before, after, existing }: Step, retrusts: boolean): RollbackStep {
  return instance(RollbackStep, {
    name,
    action: !before ? 'ADD' : after ? 'REPLACE' : 'REMOVE',
    before: before && instance(EnvironmentEntry, before),
    after: after && instance(EnvironmentEntry, after),
    retrusts,
    recreates: existing === null,
  });
}
