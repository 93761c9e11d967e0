import { Field, InputType, Int } from 'type-graphql';
import { ID } from '../id.js';
import type { JwkUse as Use } from '../../domain/jwk-algorithm.js';
import { KEY_DESCRIPTION } from '../certificates/certificate-inputs.js';
import { JwkUse } from './jwk.js';

@InputType({ description: 'A new JWK.' })
export class CreateJwkInput {
  @Field(() => ID, { description: 'The certificate that it is made from.' })
  certificateId!: string;

  @Field(() => String, { description: 'Name of an environment that the certificate is deployed to.' })
  environment!: string;

  @Field(() => String, { description: '1 to 128 characters; unique in its environment.' })
  name!: string;

  @Field(() => JwkUse, { description: 'What it is for.' })
  use!: Use;

  @Field(() => String, {
    description:
      'RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 or EdDSA; RSA-OAEP-256, RSA-OAEP-384, RSA-OAEP-512, ECDH-ES or ECDH-ES+A128KW, +A192KW, +A256KW: what the key allows.',
  })
  algorithm!: string;

  @Field(() => String, { nullable: true, description: KEY_DESCRIPTION })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A change of a JWK.' })
export class ChangeJwkInput {
  @Field(() => ID, { description: 'The JWK.' })
  id!: string;

  @Field(() => Int, { description: 'The version that the change is based on.' })
  expectedVersion!: number;

  @Field(() => String, { nullable: true, description: KEY_DESCRIPTION })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A new name for a JWK.' })
export class RenameJwkInput extends ChangeJwkInput {
  @Field(() => String, { description: '1 to 128 characters; unique in its environment.' })
  name!: string;
}
