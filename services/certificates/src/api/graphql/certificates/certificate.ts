import { withTexts } from '@trustcast/schema';
import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DateTime } from '../shape/date-time.js';
import { ID } from '../shape/id.js';
import type { Environment } from '../environments/environment.js';
import { instance } from '../shape/instance.js';
import { Node } from '../shape/node.js';
import { TextFields, withCertificateTexts } from './certificate-text-fields.js';
import type { CertificateRecord, DefinitionRecord, Source } from '../../../features/records/certificate-record.js';

export const CertificateSource = { CONNECTION: 'CONNECTION', FILE: 'FILE', CLIPBOARD: 'CLIPBOARD' } as const;
registerEnumType(CertificateSource, {
  name: 'CertificateSource',
  description: 'Source of a certificate.',
  valuesConfig: {
    CONNECTION: { description: 'Retrieved from a server over HTTPS, LDAPS, or LDAP with StartTLS.' },
    FILE: { description: 'Read from a file.' },
    CLIPBOARD: { description: 'Pasted as text.' },
  },
});

export const ContentEncoding = { BASE64: 'BASE64', BASE64PEM: 'BASE64PEM' } as const;
registerEnumType(ContentEncoding, {
  name: 'ContentEncoding',
  description: 'Encoding of pasted text. A mismatch is reported; the service never guesses.',
  valuesConfig: {
    BASE64: { description: 'Bare base64 of the DER encoding.' },
    BASE64PEM: { description: 'PEM, with its BEGIN and END lines.' },
  },
});

@ObjectType({
  simpleResolvers: true,
  description: 'An X.509 certificate with its alias in truststores and the environments it is deployed to.',
})
export class CertificateDefinition implements DefinitionRecord {
  @Field(() => ID, { description: 'Id of the definition, kept when the definition changes.' })
  id!: string;

  @Field(() => String, { description: 'Alias of the entry in truststores.' })
  alias!: string;

  @Field(() => CertificateSource, { description: 'Source of the certificate.' })
  source!: Source;

  @Field(() => String, {
    nullable: true,
    description: 'URL of the server that presented the certificate, or null if it was not retrieved from one.',
  })
  url!: string | null;

  @Field(() => String, { description: 'SHA-256 fingerprint of the DER encoding: 64 lower-case hexadecimal digits.' })
  fingerprint!: string;

  environmentIds!: readonly string[];
  /** Set if the environments were read along with the definition. */
  environments?: readonly Environment[];
}

@TextFields('SHOWN')
@ObjectType({ simpleResolvers: true, implements: Node, description: 'A named certificate with its definitions.' })
export class Certificate extends withCertificateTexts(Node) implements CertificateRecord {
  @Field(() => String, { description: 'Name of the certificate, unique and immutable.' })
  name!: string;

  @Field(() => Int, {
    description: 'Version of the certificate, incremented by every change. Updates and deletions expect it.',
  })
  version!: number;

  @Field(() => DateTime, { description: 'Time of creation.' })
  createdAt!: string;

  @Field(() => DateTime, { description: 'Time of the last change.' })
  updatedAt!: string;

  @Field(() => [CertificateDefinition], {
    description: 'Definitions of the certificate, at least one. An environment occurs in at most one of them.',
  })
  definitions!: readonly DefinitionRecord[];
}

/** Shows a certificate of an answer, which a release may have stored that knew fewer texts. */
export function answeredCertificate(record: CertificateRecord): Certificate {
  return instance(Certificate, { ...record, ...withTexts(record, {}) });
}
