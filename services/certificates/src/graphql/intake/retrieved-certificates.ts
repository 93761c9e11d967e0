import { Field, ObjectType } from 'type-graphql';
import type { Refusal } from '../../domain/refusal.js';
import type { RetrievedChain } from '../../domain/retrieved-chain.js';
import { instance } from '../instance.js';
import { UserError } from '../user-errors/user-error.js';
import { userErrorsOf } from '../user-errors/user-errors.js';
import { FoundCertificate, foundCertificate } from './found-certificate.js';

@ObjectType({
  description: 'What a server presented. Nothing of it was verified, and nothing is kept but who asked, in the audit.',
})
export class RetrievedCertificatesPayload {
  @Field(() => [FoundCertificate], { description: 'As presented: its own certificate first, then the chain.' })
  certificates!: readonly FoundCertificate[];

  @Field(() => Boolean, { description: 'Whether the server sent the root; most do not.' })
  rootSent!: boolean;

  @Field(() => String, { nullable: true, description: 'The address that answered.' })
  address!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Such as TLSv1.3; null: the server ended the handshake once it had presented its certificates.',
  })
  protocol!: string | null;

  @Field(() => [UserError], { description: 'Why nothing was retrieved; empty when something was.' })
  userErrors!: readonly UserError[];
}

export function retrievedCertificatesPayload(outcome: RetrievedChain | Refusal): RetrievedCertificatesPayload {
  const refused = 'code' in outcome;
  const { certificates, ...about } = refused
    ? { certificates: [], rootSent: false, address: null, protocol: null }
    : outcome;
  return instance(RetrievedCertificatesPayload, {
    ...about,
    certificates: certificates.map(foundCertificate),
    userErrors: userErrorsOf(refused ? [outcome] : []),
  });
}
