import { Arg, Ctx, Field, InputType, Mutation, Resolver } from 'type-graphql';
import type { Encoding, Source } from '../../domain/certificate-record.js';
import type { CertificateContent } from '../../domain/read-content.js';
import { retrievalRecord } from '../../domain/retrieval-record.js';
import { writeAudit } from '../../postgres/write-audit.js';
import { CertificateSource, ContentEncoding } from '../certificates/certificate.js';
import type { Context } from '../context.js';
import { FoundCertificatesPayload, foundCertificatesPayload } from './found-certificate.js';
import { RetrievedCertificatesPayload, retrievedCertificatesPayload } from './retrieved-certificates.js';

@InputType({ description: 'Content to look for certificates in.' })
export class ParseCertificatesInput implements CertificateContent {
  @Field(() => CertificateSource, { description: 'Where the content comes from.' })
  source!: Source;

  @Field(() => ContentEncoding, { nullable: true, description: 'How pasted text is encoded; not for a file.' })
  encoding?: Encoding | null;

  @Field(() => String, {
    description: 'Pasted text, or base64 of the bytes of a file. Larger files are for POST /uploads/parse.',
  })
  content!: string;

  @Field(() => String, { nullable: true, description: 'Of a PKCS#12, JKS or JCEKS file; it is not kept.' })
  password?: string | null;
}

@InputType({ description: 'A server to ask for its certificates.' })
export class RetrieveCertificatesInput {
  @Field(() => String, {
    description: 'https://host[:port], ldaps://host[:port], or ldap://host[:port] for LDAP with StartTLS.',
  })
  url!: string;
}

@Resolver()
export class IntakeResolver {
  @Mutation(() => FoundCertificatesPayload, {
    description:
      'Reads certificates from pasted text or a file, each with its own result. It stores nothing, and is a mutation because clients cache the variables of queries: a password among them.',
  })
  async parseCertificates(
    @Arg('input', () => ParseCertificatesInput, { description: 'The content.' }) input: ParseCertificatesInput,
    @Ctx() { intake }: Context,
  ): Promise<FoundCertificatesPayload> {
    return foundCertificatesPayload(await intake.find(input));
  }

  @Mutation(() => RetrievedCertificatesPayload, {
    description:
      'Connects to a server and answers all certificates that it presents, each time anew. The audit tells who asked.',
  })
  async retrieveCertificates(
    @Arg('input', () => RetrieveCertificatesInput, { description: 'Where to.' }) { url }: RetrieveCertificatesInput,
    @Ctx() context: Context,
  ): Promise<RetrievedCertificatesPayload> {
    const outcome = await context.retrieve(url);
    const details = retrievalRecord(url, outcome);
    if (details) await writeAudit(context.database, context, { action: 'retrieveCertificates', details });
    return retrievedCertificatesPayload(outcome);
  }
}
