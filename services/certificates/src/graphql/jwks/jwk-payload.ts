import { Field, ObjectType } from 'type-graphql';
import type { JwkRecord } from '../../domain/jwk-record.js';
import type { Outcome } from '../../postgres/idempotent.js';
import { instance } from '../instance.js';
import { UserError } from '../user-errors/user-error.js';
import { userErrorsOf } from '../user-errors/user-errors.js';
import { Jwk } from './jwk.js';

@ObjectType({ description: 'The outcome of a change of a JWK.' })
export class JwkPayload {
  @Field(() => Jwk, {
    nullable: true,
    description: 'As it is after the change; as it was, when it was deleted; null when the change was not made.',
  })
  jwk!: Jwk | null;

  @Field(() => [UserError], { description: 'Why the change was not made; empty when it was.' })
  userErrors!: UserError[];
}

export function jwkPayload(outcome: Outcome<JwkRecord>): JwkPayload {
  return 'answer' in outcome
    ? instance(JwkPayload, { jwk: instance(Jwk, outcome.answer), userErrors: [] })
    : instance(JwkPayload, { jwk: null, userErrors: userErrorsOf(outcome.refusals) });
}
