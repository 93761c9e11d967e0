import { Arg, Ctx, Field, InputType, Mutation, Resolver } from 'type-graphql';
import type { Encoding, Source } from '../../../features/records/certificate-record.js';
import type { CertificateContent } from '../../../features/gate/rules/read-content.js';
import { retrievalRecord } from '../../../features/retrieval/rules/retrieval-record.js';
import { writeAudit } from '../../../features/audit/sql/write-audit.js';
import { CertificateSource, ContentEncoding } from '../certificates/certificate.js';
import type { Context } from '../context.js';
import { FoundCertificatesPayload, foundCertificatesPayload } from './found-certificate.js';
import { RetrievedCertificatesPayload, retrievedCertificatesPayload } from './retrieved-certificates.js';

@InputType({ description: 'Input for reading certificates from content.' })
export class ParseCertificatesInput implements CertificateContent {
  @Field(() => CertificateSource, { description: 'Source of the content.' })
  source!: Source;

  @Field(() => ContentEncoding, { nullable: true, description: 'Encoding of pasted text. Omit it for a file.' })
  encoding?: Encoding | null;

  @Field(() => String, {
    description: "Pasted text, or base64 of a file's bytes. Send larger files to `POST /uploads/parse`.",
  })
  content!: string;

  @Field(() => String, { nullable: true, description: 'Password of a PKCS#12, JKS or JCEKS file. It is not stored.' })
  password?: string | null;
}

@InputType({ description: "Input for retrieving a server's certificates." })
export class RetrieveCertificatesInput {
  @Field(() => String, {
    description:
      'URL of the server: https://host[:port], ldaps://host[:port], or ldap://host[:port] for LDAP with StartTLS.',
  })
  url!: string;
}

@Resolver()
export class IntakeResolver {
  @Mutation(() => FoundCertificatesPayload, {
    description:
      'Reads certificates from pasted text or a file and returns a result for each. Stores nothing. It is a mutation because clients cache the variables of queries, and a password would be among them.',
  })
  async parseCertificates(
    @Arg('input', () => ParseCertificatesInput, { description: 'The content to read.' }) input: ParseCertificatesInput,
    @Ctx() { intake }: Context,
  ): Promise<FoundCertificatesPayload> {
    return foundCertificatesPayload(await intake.find(input));
  }

  @Mutation(() => RetrievedCertificatesPayload, {
    description:
      'Connects to a server and returns all certificates that it presents. Results are not cached. The audit records the caller.',
  })
  async retrieveCertificates(
    @Arg('input', () => RetrieveCertificatesInput, { description: 'The server to connect to.' })
    { url }: RetrieveCertificatesInput,
    @Ctx() context: Context,
  ): Promise<RetrievedCertificatesPayload> {
    const outcome = await context.retrieve(url);
    const details = retrievalRecord(url, outcome);
    if (details) await writeAudit(context.database, context, { action: 'retrieveCertificates', details });
    return retrievedCertificatesPayload(outcome);
  }
}
