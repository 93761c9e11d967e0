import { Field, ObjectType } from 'type-graphql';
import type { Result } from '../../../features/records/result.js';
import type { RetrievedChain } from '../../../features/retrieval/rules/retrieved-chain.js';
import { instance } from '../shape/instance.js';
import { UserError } from '../user-errors/user-error.js';
import { userErrorsOf } from '../user-errors/user-errors.js';
import { FoundCertificate, foundCertificate } from './found-certificate.js';

@ObjectType({
  description:
    'The certificates that a server presented. None is verified or stored; the audit records only the caller and the outcome.',
})
export class RetrievedCertificatesPayload {
  @Field(() => [FoundCertificate], {
    description: "The certificates in the order presented: the server's own first, then its chain.",
  })
  certificates!: readonly FoundCertificate[];

  @Field(() => Boolean, { description: 'Whether the server sent the root certificate. Most do not.' })
  rootSent!: boolean;

  @Field(() => String, { nullable: true, description: 'Address that answered.' })
  address!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'TLS version, such as TLSv1.3. Null if the server ended the handshake after presenting its certificates.',
  })
  protocol!: string | null;

  @Field(() => [UserError], { description: 'Reasons nothing was retrieved; empty on success.' })
  userErrors!: readonly UserError[];
}

export function retrievedCertificatesPayload(result: Result<RetrievedChain>): RetrievedCertificatesPayload {
  const { certificates, ...about } = result.ok
    ? result.value
    : { certificates: [], rootSent: false, address: null, protocol: null };
  return instance(RetrievedCertificatesPayload, {
    ...about,
    certificates: certificates.map(foundCertificate),
    userErrors: userErrorsOf(result.ok ? [] : result.refusals),
  });
}
