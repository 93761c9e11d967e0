import { GraphQLJSONObject } from 'graphql-scalars';
import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DateTime } from '../date-time.js';
import type { JwkUse as Use } from '../../domain/jwk-algorithm.js';
import type {
  JwkLink as LinkRecord,
  JwkRecord,
  PublicJwk,
  RetiringKey as RetiringRecord,
} from '../../domain/jwk-record.js';
import { Node } from '../node.js';

export const JwkUse = { SIGNATURE: 'SIGNATURE', ENCRYPTION: 'ENCRYPTION' } as const satisfies { [U in Use]: U };
registerEnumType(JwkUse, {
  name: 'JwkUse',
  description: 'What a public key is for.',
  valuesConfig: {
    SIGNATURE: { description: 'To verify signatures (`sig`).' },
    ENCRYPTION: { description: 'To encrypt (`enc`).' },
  },
});

@ObjectType({ description: 'What a JWK was made from and follows.' })
export class JwkLink implements LinkRecord {
  certificateId!: string;
  definitionId!: string;
}

@ObjectType({ description: 'A key that a JWK had before, still published.' })
export class RetiringKey implements RetiringRecord {
  @Field(() => String, { description: 'Its `kid`.' })
  kid!: string;

  @Field(() => DateTime, { description: 'When it leaves the published set.' })
  retiresAt!: string;
}

@ObjectType({ implements: Node, description: 'A JSON Web Key made from a certificate of an environment.' })
export class Jwk extends Node implements JwkRecord {
  environmentId!: string;

  @Field(() => String, { description: 'Unique in its environment.' })
  name!: string;

  @Field(() => JwkUse, { description: 'What it is for.' })
  use!: Use;

  @Field(() => String, { description: 'What it is used with, such as RS256 (RFC 7518).' })
  algorithm!: string;

  @Field(() => String, { description: 'Thumbprint of the key (RFC 7638), unique in its environment.' })
  kid!: string;

  @Field(() => GraphQLJSONObject, { description: 'The JWK as it is published: public members alone.' })
  jwk!: PublicJwk;

  @Field(() => String, { description: 'SHA-256 of the certificate that it was made from last.' })
  fingerprint!: string;

  @Field(() => Int, { description: 'Grows by one with every change: what a change expects.' })
  version!: number;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: string;

  @Field(() => DateTime, { description: 'When it was changed last.' })
  updatedAt!: string;

  @Field(() => JwkLink, { nullable: true, description: 'What it follows; null: it was disconnected.' })
  link!: LinkRecord | null;

  @Field(() => [RetiringKey], { description: 'Keys that it had before, still published.' })
  retiring!: readonly RetiringRecord[];
}
