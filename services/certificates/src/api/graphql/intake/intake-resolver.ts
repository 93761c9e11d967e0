import { Arg, Ctx, Field, InputType, Mutation, Resolver } from 'type-graphql';
import { retrievalRecord } from '../../../features/retrieval/rules/retrieval-record.js';
import { writeAudit } from '../../../features/audit/sql/write-audit.js';
import { ClipboardContentInput, FileContentInput, contentOf } from '../certificates/source-inputs.js';
import type { Context } from '../context.js';
import { FoundCertificatesPayload, foundCertificatesPayload } from './found-certificate.js';
import { RetrievedCertificatesPayload, retrievedCertificatesPayload } from './retrieved-certificates.js';

@InputType({ description: 'Content to read certificates from: exactly one of these fields.' })
export class ParseCertificatesInput {
  @Field(() => FileContentInput, { nullable: true, description: 'A file.' })
  file?: FileContentInput;

  @Field(() => ClipboardContentInput, { nullable: true, description: 'Pasted text.' })
  clipboard?: ClipboardContentInput;
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
    return foundCertificatesPayload(await intake.find(contentOf(input), [input.file ? 'file' : 'clipboard']));
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
    const result = await context.retrieve(url);
    const details = retrievalRecord(url, result);
    if (details) await writeAudit(context.database, context, { action: 'retrieveCertificates', details });
    return retrievedCertificatesPayload(result);
  }
}
