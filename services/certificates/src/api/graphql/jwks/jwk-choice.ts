import { Field, ObjectType } from 'type-graphql';
import type { JwkChoice as Choice } from '../../../features/records/jwk-question.js';
import type { JwkDecision as Decision } from '../../../features/records/jwk-record.js';
import { instance } from '../shape/instance.js';
import { Jwk } from './jwk.js';
import { JwkDecision } from './jwk-decision-input.js';

@ObjectType({ description: 'One possible decision about a JWK.' })
export class JwkOption {
  @Field(() => JwkDecision, { description: 'The decision.' })
  decision!: Decision;

  @Field(() => Boolean, { description: 'Whether the decision is available for this JWK.' })
  available!: boolean;

  @Field(() => String, { nullable: true, description: 'Reason the decision is not available, or null if it is.' })
  reason!: string | null;
}

@ObjectType({ description: 'A JWK that follows what would be changed, with its possible decisions.' })
export class JwkChoice {
  @Field(() => Jwk, { description: 'The JWK.' })
  jwk!: Jwk;

  @Field(() => [JwkOption], { description: 'Every decision, available or not.' })
  options!: readonly JwkOption[];
}

export function jwkChoices(choices: readonly Choice[]): JwkChoice[] {
  return choices.map(({ jwk, options }: Choice) =>
    instance(JwkChoice, {
      jwk: instance(Jwk, jwk),
      options: options.map(({ decision, reason }) =>
        instance(JwkOption, { decision, available: reason === null, reason }),
      ),
    }),
  );
}
