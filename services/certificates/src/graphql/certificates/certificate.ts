import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DateTime } from '../date-time.js';
import { ID } from '../id.js';
import type { Environment } from '../environments/environment.js';
import { Node } from '../node.js';
import type { CertificateRecord, DefinitionRecord, Source } from '../../domain/certificate-record.js';

export const CertificateSource = { CONNECTION: 'CONNECTION', FILE: 'FILE', CLIPBOARD: 'CLIPBOARD' } as const;
registerEnumType(CertificateSource, {
  name: 'CertificateSource',
  description: 'Where a certificate comes from.',
  valuesConfig: {
    CONNECTION: { description: 'Received from a server: HTTPS, LDAPS, or LDAP with StartTLS.' },
    FILE: { description: 'Imported from a file.' },
    CLIPBOARD: { description: 'Pasted as text.' },
  },
});

export const ContentEncoding = { BASE64: 'BASE64', BASE64PEM: 'BASE64PEM' } as const;
registerEnumType(ContentEncoding, {
  name: 'ContentEncoding',
  description: 'How pasted text is to be read. A wrong choice is told, never guessed.',
  valuesConfig: {
    BASE64: { description: 'Bare base64 of the DER encoding.' },
    BASE64PEM: { description: 'PEM, with its BEGIN and END lines.' },
  },
});

@ObjectType({
  simpleResolvers: true,
  description: 'An X.509 certificate, the alias it has in truststores, and the environments it is deployed to.',
})
export class CertificateDefinition implements DefinitionRecord {
  @Field(() => ID, { description: 'Stays when the definition is changed.' })
  id!: string;

  @Field(() => String, { description: 'Name of the entry in the truststores.' })
  alias!: string;

  @Field(() => CertificateSource, { description: 'Where the certificate came from.' })
  source!: Source;

  @Field(() => String, { nullable: true, description: 'Of the server that presented it; null: not received from one.' })
  url!: string | null;

  @Field(() => String, { description: 'SHA-256 of the DER encoding: 64 lower-case hexadecimal digits.' })
  fingerprint!: string;

  environmentIds!: readonly string[];
  /** Where it was read along with the definition. */
  environments?: readonly Environment[];
}

@ObjectType({ simpleResolvers: true, implements: Node, description: 'A named certificate with its definitions.' })
export class Certificate extends Node implements CertificateRecord {
  @Field(() => String, { description: 'Unique and immutable.' })
  name!: string;

  @Field(() => String, { description: 'Free text, up to 2,000 characters.' })
  description!: string;

  @Field(() => Int, { description: 'Grows by one with every change: what an update or a deletion expects.' })
  version!: number;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: string;

  @Field(() => DateTime, { description: 'When it was changed last.' })
  updatedAt!: string;

  @Field(() => [CertificateDefinition], { description: 'At least one; an environment appears in at most one of them.' })
  definitions!: readonly DefinitionRecord[];
}
