import { Field, ObjectType } from 'type-graphql';
import type { JwkAnswer } from '../../postgres/change-jwk.js';
import type { Outcome } from '../../postgres/idempotent.js';
import { CHANGED_DESCRIPTION } from '../certificates/certificate-payload.js';
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

  @Field(() => Boolean, { description: CHANGED_DESCRIPTION })
  changed!: boolean;

  @Field(() => [UserError], { description: 'Why the change was not made; empty when it was.' })
  userErrors!: UserError[];
}

export function jwkPayload(outcome: Outcome<JwkAnswer>): JwkPayload {
  if ('refusals' in outcome)
    return instance(JwkPayload, { jwk: null, changed: false, userErrors: userErrorsOf(outcome.refusals) });
  const { changed = true, ...jwk } = outcome.answer;
  return instance(JwkPayload, { jwk: instance(Jwk, jwk), changed, userErrors: [] });
}
