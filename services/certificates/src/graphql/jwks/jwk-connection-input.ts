import { Field, InputType, Int, registerEnumType } from 'type-graphql';
import { ID } from '../id.js';
import type { JwkConnection } from '../../domain/jwk-decision.js';
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

const MAX_OVERLAP_HOURS = 8_760;

@InputType({ description: 'The decision about the JWKs that follow what is changed.' })
export class JwkConnectionInput implements JwkConnection {
  @Field(() => JwkDecision, { description: 'What becomes of all of them.' })
  decision!: Decision;

  @Field(() => [ID], { description: 'The JWKs that are meant, as they were shown: others are not touched.' })
  jwkIds!: string[];

  @Field(() => Int, {
    defaultValue: 24,
    description: `So many hours the key that a JWK had stays published, 0 to ${MAX_OVERLAP_HOURS}; for UPDATE.`,
  })
  overlapHours!: number;
}

export function jwkConnectionCheck({ jwkConnection }: { jwkConnection?: JwkConnectionInput | null }): Refusal | null {
  if (!jwkConnection) return null;
  const { overlapHours } = jwkConnection;
  return overlapHours >= 0 && overlapHours <= MAX_OVERLAP_HOURS
    ? null
    : {
        code: 'INVALID_INPUT',
        message: `must be 0 to ${MAX_OVERLAP_HOURS}`,
        field: ['jwkConnection', 'overlapHours'],
      };
}
