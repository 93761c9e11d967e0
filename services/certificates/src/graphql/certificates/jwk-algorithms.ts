import { Field, FieldResolver, ObjectType, Resolver, Root } from 'type-graphql';
import type { JwkUse as Use } from '../../domain/jwk-algorithm.js';
import { jwkAlgorithms } from '../../jwks/public-jwk.js';
import { instance } from '../instance.js';
import { JwkUse } from '../jwks/jwk.js';
import { CertificateContent } from './certificate-content.js';

@ObjectType({ description: 'The algorithms that JWKs of a certificate may be used with, for one purpose.' })
export class JwkAlgorithms {
  @Field(() => JwkUse, { description: 'The purpose.' })
  use!: Use;

  @Field(() => [String], { description: 'The algorithms (RFC 7518, RFC 8037): what `createJwk` takes.' })
  algorithms!: readonly string[];
}

@Resolver(() => CertificateContent)
export class JwkAlgorithmsResolver {
  @FieldResolver(() => [JwkAlgorithms], {
    description: 'What JWKs may be made from the certificate, by purpose; empty: none.',
  })
  async jwkAlgorithms(@Root() { pem }: CertificateContent): Promise<JwkAlgorithms[]> {
    return (await jwkAlgorithms(pem)).map((each) => instance(JwkAlgorithms, each));
  }
}
