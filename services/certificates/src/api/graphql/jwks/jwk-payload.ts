import { Field, ObjectType } from 'type-graphql';
import type { JwkAnswer } from '../../../features/jwks/change-jwk.js';
import type { Result } from '../../../features/records/result.js';
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

export function jwkPayload(result: Result<JwkAnswer>): JwkPayload {
  if (!result.ok) return instance(JwkPayload, { jwk: null, changed: false, userErrors: userErrorsOf(result.refusals) });
  const { changed = true, ...jwk } = result.value;
  return instance(JwkPayload, { jwk: instance(Jwk, jwk), changed, userErrors: [] });
}
