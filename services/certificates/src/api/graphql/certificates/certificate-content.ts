import type { CertificateFields } from '@trustcast/x509';
import { Field, Float, Int, ObjectType } from 'type-graphql';
import { DateTime } from '../shape/date-time.js';
import { instance } from '../shape/instance.js';

const DAY_MS = 86_400_000;

@ObjectType({ description: 'A subject alternative name.' })
export class SubjectAlternativeName {
  @Field(() => String, {
    description: 'Type of the name: dns, ip, email, uri, directory, otherName, x400, edi or oid.',
  })
  type!: string;

  @Field(() => String, { description: 'The name as text.' })
  value!: string;

  @Field(() => Boolean, {
    description: 'Whether Java cannot read the extension that holds this name and ignores all names in it.',
  })
  ignoredByJava!: boolean;
}

@ObjectType({ description: 'The basic constraints extension of an X.509 certificate.' })
export class BasicConstraints {
  @Field(() => Boolean, { description: 'Whether the subject is a CA.' })
  ca!: boolean;

  @Field(() => Float, {
    nullable: true,
    description: 'Maximum number of intermediate certificates that may follow, or null if unlimited.',
  })
  pathLength!: number | null;
}

@ObjectType({ description: 'The content of an X.509 certificate.' })
export class CertificateContent {
  @Field(() => String, { description: 'The certificate in PEM.' })
  pem!: string;

  @Field(() => String, { description: 'Distinguished name of the subject (RFC 4514).' })
  subject!: string;

  @Field(() => String, { description: 'Distinguished name of the issuer (RFC 4514).' })
  issuer!: string;

  @Field(() => String, { description: 'Serial number in lower-case hexadecimal.' })
  serialNumber!: string;

  @Field(() => Boolean, {
    description:
      'Whether the serial number is encoded with more bytes than DER allows. Java reads it; BouncyCastle cannot open a truststore with it.',
  })
  serialNumberPadded!: boolean;

  @Field(() => Boolean, {
    description:
      'Whether a time of the validity has an offset, a fraction or no seconds. Java reads it; Conscrypt cannot open a truststore with it.',
  })
  validityUnusual!: boolean;

  @Field(() => DateTime, { description: 'Start of the validity.' })
  notBefore!: Date | string;

  @Field(() => DateTime, { description: 'End of the validity. Java trusts an expired anchor all the same.' })
  notAfter!: Date | string;

  @Field(() => Int, { description: 'Whole days until the end of the validity; negative after it.' })
  daysLeft!: number;

  @Field(() => [SubjectAlternativeName], { description: 'The first 1,000 subject alternative names.' })
  subjectAlternativeNames!: readonly SubjectAlternativeName[];

  @Field(() => Int, { description: 'Number of subject alternative names.' })
  subjectAlternativeNameCount!: number;

  @Field(() => String, { description: 'Algorithm of the public key, such as RSA, EC or Ed25519.' })
  keyAlgorithm!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'Key size in bits, or null where the algorithm or the curve implies it.',
  })
  keySize!: number | null;

  @Field(() => String, { nullable: true, description: 'Curve of an EC key.' })
  curve!: string | null;

  @Field(() => String, { description: 'Signature algorithm under its Java name, such as SHA256withRSA.' })
  signatureAlgorithm!: string;

  @Field(() => [String], {
    nullable: true,
    description: 'Key usages that the certificate allows, or null if unrestricted.',
  })
  keyUsages!: readonly string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Extended key usages that the certificate allows, or null if unrestricted.',
  })
  extendedKeyUsages!: readonly string[] | null;

  @Field(() => BasicConstraints, { nullable: true, description: 'The basic constraints extension, or null if absent.' })
  basicConstraints!: BasicConstraints | null;

  @Field(() => String, { description: 'SHA-1 fingerprint of the DER encoding: 40 lower-case hexadecimal digits.' })
  fingerprintSha1!: string;

  @Field(() => String, { description: 'SHA-256 fingerprint of the DER encoding: 64 lower-case hexadecimal digits.' })
  fingerprintSha256!: string;

  @Field(() => Boolean, { description: 'Whether subject and issuer are the same.' })
  selfSigned!: boolean;

  @Field(() => Boolean, { description: 'Whether Java accepts the certificate as the issuer of others.' })
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
