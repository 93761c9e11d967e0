import { Field, InputType } from 'type-graphql';
import type { ChosenContent } from '../../../features/gate/rules/admit-certificate.js';
import type { DefinitionSource } from '../../../features/certificates/rules/definition-input.js';
import type { Encoding } from '../../../features/records/certificate-record.js';
import { ContentEncoding } from './certificate.js';

const FINGERPRINT = 'SHA-256 fingerprint of the certificate to use, where the content holds several.';

@InputType({ description: 'Text that was pasted.' })
export class ClipboardContentInput {
  @Field(() => String, { description: 'The pasted text. Private keys are refused.' })
  content!: string;

  @Field(() => ContentEncoding, { description: 'Encoding of the text.' })
  encoding!: Encoding;
}

@InputType({ description: 'A file that was read.' })
export class FileContentInput {
  @Field(() => String, {
    description:
      "Base64 of the file's bytes. Private keys are refused. Send a larger file as multipart, or to `POST /uploads/parse`.",
  })
  content!: string;

  @Field(() => String, { nullable: true, description: 'Password of a PKCS#12, JKS or JCEKS file. It is not stored.' })
  password?: string | null;
}

@InputType({ description: 'A certificate from text that was pasted.' })
export class ClipboardSourceInput extends ClipboardContentInput {
  @Field(() => String, { nullable: true, description: FINGERPRINT })
  fingerprint?: string | null;
}

@InputType({ description: 'A certificate from a file.' })
export class FileSourceInput extends FileContentInput {
  @Field(() => String, { nullable: true, description: FINGERPRINT })
  fingerprint?: string | null;
}

@InputType({ description: 'A certificate that a server presented.' })
export class ConnectionSourceInput {
  @Field(() => String, {
    description: 'URL of the server that presented the certificate: https://, ldaps:// or ldap:// (StartTLS).',
  })
  url!: string;

  @Field(() => String, { description: 'The PEM of a certificate that `retrieveCertificates` returned.' })
  content!: string;

  @Field(() => String, { nullable: true, description: FINGERPRINT })
  fingerprint?: string | null;
}

@InputType({ description: 'Where a certificate comes from: exactly one of these fields.' })
export class CertificateSourceInput {
  @Field(() => ConnectionSourceInput, { nullable: true, description: 'Certificate that was retrieved from a server.' })
  connection?: ConnectionSourceInput;

  @Field(() => FileSourceInput, { nullable: true, description: 'Certificate in a file.' })
  file?: FileSourceInput;

  @Field(() => ClipboardSourceInput, { nullable: true, description: 'Certificate that was pasted as text.' })
  clipboard?: ClipboardSourceInput;
}

/** @param from exactly one of its fields is there: the schema demands it */
export function sourceOf(from: CertificateSourceInput): DefinitionSource {
  const { connection } = from;
  if (!connection) return contentOf(from);
  const { url, content, fingerprint = null } = connection;
  return { source: 'CONNECTION', url, content, fingerprint };
}

export function contentOf({
  file,
  clipboard,
}: {
  readonly file?: FileSourceInput;
  readonly clipboard?: ClipboardSourceInput;
}): ChosenContent {
  if (file) {
    const { content, password = null, fingerprint = null } = file;
    return { source: 'FILE', content, password, fingerprint };
  }
  if (!clipboard) throw new Error('an input with @oneOf has none of its fields');
  const { content, encoding, fingerprint = null } = clipboard;
  return { source: 'CLIPBOARD', content, encoding, fingerprint };
}
