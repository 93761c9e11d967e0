import { Field, Int, ObjectType } from 'type-graphql';
import { pemOf } from '@trustcast/x509';
import type { FoundCertificate as FoundRecord, FoundCertificates } from '../../domain/find-certificates.js';
import type { Refusal } from '../../domain/refusal.js';
import { CertificateContent, certificateContent } from '../certificates/certificate-content.js';
import { Warning } from '../certificates/certificate-payload.js';
import { instance } from '../instance.js';
import { UserError } from '../user-errors/user-error.js';
import { userErrorsOf } from '../user-errors/user-errors.js';

@ObjectType({
  description: 'A certificate that was found in what was given, or presented by a server. It is not stored.',
})
export class FoundCertificate {
  @Field(() => String, {
    nullable: true,
    description: 'SHA-256 of the DER encoding, by which it is picked; null: it cannot be read.',
  })
  fingerprint!: string | null;

  @Field(() => String, { nullable: true, description: 'The name that a keystore has it under.' })
  alias!: string | null;

  @Field(() => String, { nullable: true, description: 'An alias made from its subject.' })
  suggestedAlias!: string | null;

  @Field(() => CertificateContent, {
    nullable: true,
    description: 'What it says; null: it would be refused. Its `pem` is what a definition takes.',
  })
  content!: CertificateContent | null;

  @Field(() => [Warning], { description: 'Worth knowing before it is trusted.' })
  warnings!: readonly Warning[];

  @Field(() => [UserError], { description: 'Why it would be refused; empty when it would not.' })
  userErrors!: readonly UserError[];
}

@ObjectType({ description: 'What was found. Nothing of it is stored.' })
export class FoundCertificatesPayload {
  @Field(() => [FoundCertificate], { description: 'In the order of the content; the first 1,000.' })
  certificates!: readonly FoundCertificate[];

  @Field(() => Int, { description: 'How many there are.' })
  count!: number;

  @Field(() => [UserError], { description: 'Why nothing could be read; empty when something could.' })
  userErrors!: readonly UserError[];
}

export function foundCertificatesPayload(found: FoundCertificates | Refusal): FoundCertificatesPayload {
  const { certificates, count } = 'code' in found ? { certificates: [], count: 0 } : found;
  return instance(FoundCertificatesPayload, {
    certificates: certificates.map(foundCertificate),
    count,
    userErrors: userErrorsOf('code' in found ? [found] : []),
  });
}

export function foundCertificate({ admitted, refusal, ...found }: FoundRecord): FoundCertificate {
  return instance(FoundCertificate, {
    ...found,
    content: admitted && certificateContent(pemOf(admitted.der), admitted.fields),
    warnings: (admitted?.warnings ?? []).map((warning) => instance(Warning, { ...warning, field: null })),
    userErrors: userErrorsOf(refusal ? [refusal] : []),
  });
}
