import { Field, Int, ObjectType } from 'type-graphql';
import { pemOf } from '@trustcast/x509';
import type {
  FoundCertificate as FoundRecord,
  FoundCertificates,
} from '../../../features/gate/rules/find-certificates.js';
import type { Result } from '../../../features/records/result.js';
import { CertificateContent, certificateContent } from '../certificates/certificate-content.js';
import { Warning } from '../certificates/certificate-payload.js';
import { instance } from '../shape/instance.js';
import { UserError } from '../user-errors/user-error.js';
import { userErrorsOf } from '../user-errors/user-errors.js';

@ObjectType({
  description: 'A certificate that was found in content or presented by a server. It is not stored.',
})
export class FoundCertificate {
  @Field(() => String, {
    nullable: true,
    description:
      'SHA-256 fingerprint of the DER encoding, which selects the certificate. Null if the certificate cannot be read.',
  })
  fingerprint!: string | null;

  @Field(() => String, { nullable: true, description: 'Alias of the certificate in the keystore.' })
  alias!: string | null;

  @Field(() => String, { nullable: true, description: "An alias derived from the certificate's subject." })
  suggestedAlias!: string | null;

  @Field(() => CertificateContent, {
    nullable: true,
    description: 'The content of the certificate, or null if it would be refused. Pass its `pem` to a definition.',
  })
  content!: CertificateContent | null;

  @Field(() => [Warning], { description: 'Warnings about the certificate.' })
  warnings!: readonly Warning[];

  @Field(() => [UserError], { description: 'Reasons the certificate would be refused; empty if it would not be.' })
  userErrors!: readonly UserError[];
}

@ObjectType({ description: 'The certificates that were found. None is stored.' })
export class FoundCertificatesPayload {
  @Field(() => [FoundCertificate], { description: 'The first 1,000 certificates, in the order of the content.' })
  certificates!: readonly FoundCertificate[];

  @Field(() => Int, { description: 'Number of certificates found.' })
  count!: number;

  @Field(() => [UserError], { description: 'Reasons nothing could be read; empty on success.' })
  userErrors!: readonly UserError[];
}

export function foundCertificatesPayload(found: Result<FoundCertificates>): FoundCertificatesPayload {
  const { certificates, count } = found.ok ? found.value : { certificates: [], count: 0 };
  return instance(FoundCertificatesPayload, {
    certificates: certificates.map(foundCertificate),
    count,
    userErrors: userErrorsOf(found.ok ? [] : found.refusals),
  });
}

export function foundCertificate({ admitted, refusals, ...found }: FoundRecord): FoundCertificate {
  return instance(FoundCertificate, {
    ...found,
    content: admitted && certificateContent(pemOf(admitted.der), admitted.fields),
    warnings: (admitted?.warnings ?? []).map((warning) => instance(Warning, { ...warning, field: null })),
    userErrors: userErrorsOf(refusals),
  });
}
