import type { CertificateFields } from '@trustcast/x509';
import { Field, Float, Int, ObjectType } from 'type-graphql';
import { DateTime } from '../date-time.js';
import { instance } from '../instance.js';

const DAY_MS = 86_400_000;

@ObjectType({ description: 'A name that a certificate is for.' })
export class SubjectAlternativeName {
  @Field(() => String, { description: 'dns, ip, email, uri, directory, otherName, x400, edi or oid.' })
  type!: string;

  @Field(() => String, { description: 'The name as text.' })
  value!: string;

  @Field(() => Boolean, {
    description: 'Java cannot read the extension that the name stands in, and ignores all its names.',
  })
  ignoredByJava!: boolean;
}

@ObjectType({ description: 'Whether a certificate may sign others.' })
export class BasicConstraints {
  @Field(() => Boolean, { description: 'It may.' })
  ca!: boolean;

  @Field(() => Float, { nullable: true, description: 'How many intermediates may follow; null: any number.' })
  pathLength!: number | null;
}

@ObjectType({ description: 'What an X.509 certificate says.' })
export class CertificateContent {
  @Field(() => String, { description: 'The certificate in PEM.' })
  pem!: string;

  @Field(() => String, { description: 'Distinguished name of the subject (RFC 4514).' })
  subject!: string;

  @Field(() => String, { description: 'Distinguished name of the issuer (RFC 4514).' })
  issuer!: string;

  @Field(() => String, { description: 'Serial number, lower-case hexadecimal.' })
  serialNumber!: string;

  @Field(() => Boolean, {
    description: 'The number is longer than DER has it: Java reads it, and BouncyCastle opens no truststore with it.',
  })
  serialNumberPadded!: boolean;

  @Field(() => Boolean, {
    description:
      'A time of the validity has an offset, a fraction or no seconds: Java reads it, and Conscrypt opens no truststore with it.',
  })
  validityUnusual!: boolean;

  @Field(() => DateTime, { description: 'Start of the validity.' })
  notBefore!: Date | string;

  @Field(() => DateTime, { description: 'End of the validity. Java trusts an anchor after it all the same.' })
  notAfter!: Date | string;

  @Field(() => Int, { description: 'Whole days until the end of the validity; negative once it is over.' })
  daysLeft!: number;

  @Field(() => [SubjectAlternativeName], { description: 'Names that it is for; the first 1,000.' })
  subjectAlternativeNames!: readonly SubjectAlternativeName[];

  @Field(() => Int, { description: 'How many names it is for.' })
  subjectAlternativeNameCount!: number;

  @Field(() => String, { description: 'RSA, EC, Ed25519, …' })
  keyAlgorithm!: string;

  @Field(() => Int, { nullable: true, description: 'Bits; null where the algorithm or the curve says it.' })
  keySize!: number | null;

  @Field(() => String, { nullable: true, description: 'The curve of an EC key.' })
  curve!: string | null;

  @Field(() => String, { description: 'As Java calls it, such as SHA256withRSA.' })
  signatureAlgorithm!: string;

  @Field(() => [String], { nullable: true, description: 'What the key may do; null: no restriction.' })
  keyUsages!: readonly string[] | null;

  @Field(() => [String], { nullable: true, description: 'What it is for; null: no restriction.' })
  extendedKeyUsages!: readonly string[] | null;

  @Field(() => BasicConstraints, { nullable: true, description: 'Null: it says nothing.' })
  basicConstraints!: BasicConstraints | null;

  @Field(() => String, { description: 'SHA-1 of the DER encoding: 40 lower-case hexadecimal digits.' })
  fingerprintSha1!: string;

  @Field(() => String, { description: 'SHA-256 of the DER encoding: 64 lower-case hexadecimal digits.' })
  fingerprintSha256!: string;

  @Field(() => Boolean, { description: 'Subject and issuer are the same.' })
  selfSigned!: boolean;

  @Field(() => Boolean, { description: 'Java lets it sign others.' })
  ca!: boolean;
}

/** Fields as they were read, or as they are stored, with their times in ISO 8601. */
type Fields = Omit<CertificateFields, 'notBefore' | 'notAfter'> & Pick<CertificateContent, 'notBefore' | 'notAfter'>;

export function certificateContent(pem: string, fields: Fields): CertificateContent {
  const daysLeft = Math.floor((new Date(fields.notAfter).getTime() - Date.now()) / DAY_MS);
  return instance(CertificateContent, {
    ...fields,
    // Fields that were stored by a release before these three.
    serialNumberPadded: (fields.serialNumberPadded as boolean | undefined) ?? false,
    validityUnusual: (fields.validityUnusual as boolean | undefined) ?? false,
    subjectAlternativeNames: fields.subjectAlternativeNames.map((name) =>
      instance(SubjectAlternativeName, {
        ...name,
        ignoredByJava: (name.ignoredByJava as boolean | undefined) ?? false,
      }),
    ),
    ...{ pem, daysLeft },
  });
}
