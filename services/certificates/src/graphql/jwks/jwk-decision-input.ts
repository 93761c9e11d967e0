import { Field, InputType, Int, registerEnumType } from 'type-graphql';
import { ID } from '../id.js';
import type { GivenDecision } from '../../domain/jwk-decision.js';
import type { JwkDecision as Decision } from '../../domain/jwk-record.js';
import type { Refusal } from '../../domain/refusal.js';

export const JwkDecision = {
  UPDATE: 'UPDATE',
  DISCONNECT: 'DISCONNECT',
  DELETE_JWKS: 'DELETE_JWKS',
} as const satisfies { [D in Decision]: D };
registerEnumType(JwkDecision, {
  name: 'JwkDecision',
  description: 'What becomes of the JWKs that follow a certificate which is changed or deleted.',
  valuesConfig: {
    UPDATE: { description: 'They are made anew from the new certificate; a key that they had stays for the overlap.' },
    DISCONNECT: { description: 'They stay as they are and follow the certificate no more.' },
    DELETE_JWKS: { description: 'They are deleted with what they were made from.' },
  },
});

export const DECISION_DESCRIPTION =
  'What becomes of the JWKs that follow what changes, asked for when there are any: one decision about all of them, or ' +
  'several, each about its own.';

const MAX_OVERLAP_HOURS = 8_760;

@InputType({ description: 'A decision about JWKs that follow what is changed.' })
export class JwkDecisionInput implements GivenDecision {
  @Field(() => JwkDecision, { description: 'What becomes of them.' })
  decision!: Decision;

  @Field(() => [ID], { description: 'The JWKs that are meant, as they were shown: each is in exactly one decision.' })
  jwkIds!: string[];

  @Field(() => Int, {
    defaultValue: 24,
    description: `So many hours the key that a JWK had stays published, 0 to ${MAX_OVERLAP_HOURS}; for UPDATE.`,
  })
  overlapHours!: number;
}

interface Decided {
  readonly jwkDecision?: readonly JwkDecisionInput[] | null;
}

/** What is wrong with decisions by themselves. */
export function jwkDecisionRefusals({ jwkDecision }: Decided): readonly Refusal[] {
  return (jwkDecision ?? []).flatMap(({ overlapHours }, index): Refusal[] =>
    overlapHours >= 0 && overlapHours <= MAX_OVERLAP_HOURS
      ? []
      : [
          {
            code: 'INVALID_INPUT',
            message: `must be 0 to ${MAX_OVERLAP_HOURS}`,
            field: ['jwkDecision', String(index), 'overlapHours'],
          },
        ],
  );
}
