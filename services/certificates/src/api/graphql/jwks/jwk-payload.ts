import { Field, ObjectType } from 'type-graphql';
import type { JwkAnswer } from '../../../features/jwks/change-jwk.js';
import type { Outcome } from '../../../features/records/outcome.js';
import { CHANGED_DESCRIPTION } from '../certificates/certificate-payload.js';
import { instance } from '../shape/instance.js';
import { UserError } from '../user-errors/user-error.js';
import { userErrorsOf } from '../user-errors/user-errors.js';
import { Jwk } from './jwk.js';

@ObjectType({ description: 'Result of changing a JWK.' })
export class JwkPayload {
  @Field(() => Jwk, {
    nullable: true,
    description: 'The JWK after the change, or before its deletion. Null if the change was refused.',
  })
  jwk!: Jwk | null;

  @Field(() => Boolean, { description: CHANGED_DESCRIPTION })
  changed!: boolean;

  @Field(() => [UserError], { description: 'Reasons the change was refused; empty on success.' })
  userErrors!: UserError[];
}

export function jwkPayload(outcome: Outcome<JwkAnswer>): JwkPayload {
  if ('refusals' in outcome)
    return instance(JwkPayload, { jwk: null, changed: false, userErrors: userErrorsOf(outcome.refusals) });
  const { changed = true, ...jwk } = outcome.answer;
  return instance(JwkPayload, { jwk: instance(Jwk, jwk), changed, userErrors: [] });
}
