import { Field, InputType, Int } from 'type-graphql';
import { ID } from '../shape/id.js';
import type { JwkUse as Use } from '../../../features/records/jwk-algorithm.js';
import { KEY_DESCRIPTION } from '../certificates/certificate-inputs.js';
import { JwkUse } from './jwk.js';

@InputType({ description: 'Input for creating a JWK.' })
export class CreateJwkInput {
  @Field(() => ID, { description: 'Id of the certificate to make the JWK from.' })
  certificateId!: string;

  @Field(() => String, { description: 'Name of an environment to which the certificate is deployed.' })
  environment!: string;

  @Field(() => String, { description: 'Name of the JWK, 1 to 128 characters, unique in its environment.' })
  name!: string;

  @Field(() => JwkUse, { description: 'Purpose of the JWK.' })
  use!: Use;

  @Field(() => String, {
    description:
      "Algorithm that the certificate's key supports: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 or EdDSA for signatures; RSA-OAEP-256, RSA-OAEP-384, RSA-OAEP-512, ECDH-ES, ECDH-ES+A128KW, ECDH-ES+A192KW or ECDH-ES+A256KW for encryption.",
  })
  algorithm!: string;

  @Field(() => String, { nullable: true, description: KEY_DESCRIPTION })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Input for changing a JWK.' })
export class ChangeJwkInput {
  @Field(() => ID, { description: 'Id of the JWK.' })
  id!: string;

  @Field(() => Int, { description: 'Version of the JWK that the change is based on.' })
  expectedVersion!: number;

  @Field(() => String, { nullable: true, description: KEY_DESCRIPTION })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Input for renaming a JWK.' })
export class RenameJwkInput extends ChangeJwkInput {
  @Field(() => String, { description: 'New name of the JWK, 1 to 128 characters, unique in its environment.' })
  name!: string;
}
