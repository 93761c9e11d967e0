import { Field, InputType, Int, registerEnumType } from 'type-graphql';
import { ID } from '../shape/id.js';
import type { GivenDecision } from '../../../features/jwks/rules/jwk-decision.js';
import type { JwkDecision as Decision } from '../../../features/records/jwk-record.js';
import { type Result, accepted, allOf, rejected } from '../../../features/records/result.js';

export const JwkDecision = {
  UPDATE: 'UPDATE',
  DISCONNECT: 'DISCONNECT',
  DELETE_JWKS: 'DELETE_JWKS',
} as const satisfies { [D in Decision]: D };
registerEnumType(JwkDecision, {
  name: 'JwkDecision',
  description: 'What happens to the JWKs that follow a certificate when it is changed or deleted.',
  valuesConfig: {
    UPDATE: {
      description: 'The JWKs are made from the new certificate. Their previous key stays published for the overlap.',
    },
    DISCONNECT: { description: 'The JWKs keep their key and no longer follow the certificate.' },
    DELETE_JWKS: { description: 'The JWKs are deleted.' },
  },
});

export const DECISION_DESCRIPTION =
  'What happens to the JWKs that follow the changed certificates. Required if there are any: one decision about all of them, or several that each name theirs.';

const MAX_OVERLAP_HOURS = 8_760;

@InputType({ description: 'A decision about JWKs that follow a changed certificate.' })
export class JwkDecisionInput implements GivenDecision {
  @Field(() => JwkDecision, { description: 'What happens to the JWKs.' })
  decision!: Decision;

  @Field(() => [ID], {
    description:
      'Ids of the JWKs that the decision concerns, as they were shown. Each JWK belongs to exactly one decision.',
  })
  jwkIds!: string[];

  @Field(() => Int, {
    defaultValue: 24,
    description: `Hours that the previous key stays published, 0 to ${MAX_OVERLAP_HOURS}. Used with UPDATE only.`,
  })
  overlapHours!: number;
}

interface Decided {
  readonly jwkDecision?: readonly JwkDecisionInput[] | null;
}

/** Reads decisions by themselves; none where nothing was decided. */
export function readJwkDecision({ jwkDecision }: Decided): Result<readonly GivenDecision[]> {
  return allOf(
    (jwkDecision ?? []).map((given, index) =>
      given.overlapHours >= 0 && given.overlapHours <= MAX_OVERLAP_HOURS
        ? accepted(given)
        : rejected({
            code: 'INVALID_INPUT',
            message: `must be 0 to ${MAX_OVERLAP_HOURS}`,
            field: ['jwkDecision', String(index), 'overlapHours'],
          }),
    ),
  );
}
