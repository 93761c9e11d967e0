import { Field, FieldResolver, ObjectType, Resolver, Root } from 'type-graphql';
import type { JwkUse as Use } from '../../../features/records/jwk-algorithm.js';
import { jwkAlgorithms } from '../../../features/jwks/public-jwk.js';
import { instance } from '../shape/instance.js';
import { JwkUse } from '../jwks/jwk.js';
import { CertificateContent } from './certificate-content.js';

@ObjectType({ description: "The JWK algorithms that a certificate's key supports for one purpose." })
export class JwkAlgorithms {
  @Field(() => JwkUse, { description: 'The purpose.' })
  use!: Use;

  @Field(() => [String], { description: 'Algorithms that `createJwk` accepts (RFC 7518, RFC 8037).' })
  algorithms!: readonly string[];
}

@Resolver(() => CertificateContent)
export class JwkAlgorithmsResolver {
  @FieldResolver(() => [JwkAlgorithms], {
    description:
      "The JWK algorithms that the certificate's key supports, by purpose; empty if no JWK can be made from it.",
  })
  async jwkAlgorithms(@Root() { pem }: CertificateContent): Promise<JwkAlgorithms[]> {
    return (await jwkAlgorithms(pem)).map((each) => instance(JwkAlgorithms, each));
  }
}
