import { GraphQLJSONObject } from 'graphql-scalars';
import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DateTime } from '../shape/date-time.js';
import type { JwkUse as Use } from '../../../features/records/jwk-algorithm.js';
import type {
  JwkLink as LinkRecord,
  JwkRecord,
  PublicJwk,
  RetiringKey as RetiringRecord,
} from '../../../features/records/jwk-record.js';
import { Node } from '../shape/node.js';

export const JwkUse = { SIGNATURE: 'SIGNATURE', ENCRYPTION: 'ENCRYPTION' } as const satisfies { [U in Use]: U };
registerEnumType(JwkUse, {
  name: 'JwkUse',
  description: 'Purpose of a public key.',
  valuesConfig: {
    SIGNATURE: { description: 'Verifying signatures (`sig`).' },
    ENCRYPTION: { description: 'Encrypting (`enc`).' },
  },
});

@ObjectType({ description: 'The certificate that a JWK was made from and follows.' })
export class JwkLink implements LinkRecord {
  certificateId!: string;
  definitionId!: string;
}

@ObjectType({ description: 'A previous key of a JWK that is still published.' })
export class RetiringKey implements RetiringRecord {
  @Field(() => String, { description: 'Key ID (`kid`) of the retiring key.' })
  kid!: string;

  @Field(() => DateTime, { description: 'Time at which the key is removed from the published set.' })
  retiresAt!: string;
}

@ObjectType({ implements: Node, description: 'A JSON Web Key made from a certificate of an environment.' })
export class Jwk extends Node implements JwkRecord {
  environmentId!: string;

  @Field(() => String, { description: 'Name of the JWK, unique in its environment.' })
  name!: string;

  @Field(() => JwkUse, { description: 'Purpose of the key.' })
  use!: Use;

  @Field(() => String, { description: 'Algorithm of the key, such as RS256 (RFC 7518).' })
  algorithm!: string;

  @Field(() => String, { description: 'RFC 7638 thumbprint of the key, unique in its environment.' })
  kid!: string;

  @Field(() => GraphQLJSONObject, { description: 'The JWK as published, with public members only.' })
  jwk!: PublicJwk;

  @Field(() => String, { description: 'SHA-256 fingerprint of the certificate that the JWK was last made from.' })
  fingerprint!: string;

  @Field(() => Int, { description: 'Version of the JWK, incremented by every change. Changes expect it.' })
  version!: number;

  @Field(() => DateTime, { description: 'Time of creation.' })
  createdAt!: string;

  @Field(() => DateTime, { description: 'Time of the last change.' })
  updatedAt!: string;

  @Field(() => JwkLink, {
    nullable: true,
    description: 'The certificate that the JWK follows, or null if it was disconnected.',
  })
  link!: LinkRecord | null;

  @Field(() => [RetiringKey], { description: 'Previous keys of the JWK that are still published.' })
  retiring!: readonly RetiringRecord[];
}
