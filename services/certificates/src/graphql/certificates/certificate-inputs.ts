import { Field, InputType, Int } from 'type-graphql';
import { ID } from '../id.js';
import type { Encoding, Source } from '../../domain/certificate-record.js';
import type { DefinitionInput } from '../../domain/definition-input.js';
import { DECISION_DESCRIPTION, JwkDecisionInput } from '../jwks/jwk-decision-input.js';
import type { EnvironmentKind as Kind } from '../../domain/environment-record.js';
import { EnvironmentKind } from '../environments/environment.js';
import { CertificateSource, ContentEncoding } from './certificate.js';

export const KEY_DESCRIPTION =
  "The client's own key for this request, 1 to 200 ASCII characters: a retry with the same key gets the first answer.";

export const CONFIRM_ISSUER_LIST =
  'Deploy although the subjects of all anchors, which servers send to the clients that they ask for certificates, are longer than Java clients take.';

@InputType({ description: 'What new definitions and changed ones have in common.' })
abstract class DefinitionFields {
  @Field(() => [String], { description: 'Names of the environments to deploy to, at least one.' })
  environments!: string[];

  @Field(() => String, { description: 'Unique per environment whatever its case; 1 to 255 characters.' })
  alias!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Of the server that presented it, for CONNECTION: https://, ldaps:// or ldap:// (StartTLS).',
  })
  url?: string | null;

  @Field(() => ContentEncoding, { nullable: true, description: 'How pasted text is encoded: required for it alone.' })
  encoding?: Encoding | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The certificate: pasted text, base64 of the bytes of a file, or the PEM of the one picked of those that ' +
      '`retrieveCertificates` answered. Private keys are refused. A definition that is changed keeps its own without.',
  })
  content?: string | null;

  @Field(() => String, { nullable: true, description: 'Of a PKCS#12, JKS or JCEKS file; it is not kept.' })
  password?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Which one is meant where the content holds several: its SHA-256.',
  })
  fingerprint?: string | null;
}

@InputType({ description: 'A definition of a new certificate.' })
export class CertificateDefinitionInput extends DefinitionFields implements DefinitionInput {
  @Field(() => CertificateSource, { description: 'Where the certificate comes from.' })
  source!: Source;
}

@InputType({ description: 'A definition of a certificate that is changed.' })
export class CertificateDefinitionUpdate extends DefinitionFields implements DefinitionInput {
  @Field(() => ID, { nullable: true, description: 'The definition that is changed; none: a new one.' })
  id?: string | null;

  @Field(() => CertificateSource, {
    nullable: true,
    description: 'Where the certificate comes from: required with `content`; none: as before.',
  })
  source?: Source | null;
}

@InputType({ description: 'A new certificate.' })
export class CreateCertificateInput {
  @Field(() => String, { description: '1 to 128 characters; unique; cannot be changed later.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Up to 2,000 characters.' })
  description?: string | null;

  @Field(() => [CertificateDefinitionInput], { description: 'At least one.' })
  definitions!: CertificateDefinitionInput[];

  @Field(() => Boolean, { defaultValue: false, description: CONFIRM_ISSUER_LIST })
  confirmIssuerList!: boolean;

  @Field(() => String, { nullable: true, description: KEY_DESCRIPTION })
  idempotencyKey?: string | null;
}

@InputType({ description: 'The decision about the JWKs of a certificate that changes.' })
abstract class JwkDecisionFields {
  @Field(() => [JwkDecisionInput], { nullable: true, description: DECISION_DESCRIPTION })
  jwkDecision?: JwkDecisionInput[] | null;

  @Field(() => String, {
    nullable: true,
    description: "The certificate's name, typed as a confirmation: required with `jwkDecision`.",
  })
  confirmName?: string | null;
}

@InputType({ description: 'What changes of a certificate have in common.' })
abstract class UpdateFields extends JwkDecisionFields {
  @Field(() => ID, { description: 'The certificate.' })
  id!: string;

  @Field(() => Int, { description: 'The version that the change is based on.' })
  expectedVersion!: number;

  @Field(() => String, { nullable: true, description: 'None: as before.' })
  description?: string | null;
}

@InputType({ description: 'A change of a certificate.' })
export class UpdateCertificateInput extends UpdateFields {
  @Field(() => [CertificateDefinitionUpdate], { nullable: true, description: 'All definitions; none: as before.' })
  definitions?: CertificateDefinitionUpdate[] | null;

  @Field(() => Boolean, { defaultValue: false, description: CONFIRM_ISSUER_LIST })
  confirmIssuerList!: boolean;

  @Field(() => String, { nullable: true, description: KEY_DESCRIPTION })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A change of one of several certificates.' })
export class CertificateUpdateInput extends UpdateFields {
  @Field(() => [CertificateDefinitionUpdate], { description: 'All definitions that it has then.' })
  definitions!: CertificateDefinitionUpdate[];
}

@InputType({ description: 'A new certificate among several changes.' })
export class CertificateCreationInput {
  @Field(() => String, { description: '1 to 128 characters; unique; cannot be changed later.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Up to 2,000 characters.' })
  description?: string | null;

  @Field(() => [CertificateDefinitionInput], { description: 'At least one.' })
  definitions!: CertificateDefinitionInput[];
}

@InputType({ description: 'A deletion of one of several certificates.' })
export class CertificateDeletionInput extends JwkDecisionFields {
  @Field(() => ID, { description: 'The certificate.' })
  id!: string;

  @Field(() => Int, { description: 'The version that the deletion is based on.' })
  expectedVersion!: number;
}

@InputType({ description: 'An environment that is created when it does not exist.' })
export class EnsuredEnvironmentInput {
  @Field(() => String, { description: '1 to 63 characters of a-z, 0-9 and -.' })
  name!: string;

  @Field(() => EnvironmentKind, { description: 'What uses it. An existing environment of another kind is refused.' })
  kind!: Kind;

  @Field(() => String, { nullable: true, description: 'The title; without it, an existing title stays.' })
  title?: string | null;
}

@InputType({ description: 'Several changes, made at once: all or none, in one revision of each environment.' })
export class ChangeCertificatesInput {
  @Field(() => [EnsuredEnvironmentInput], {
    nullable: true,
    description: 'Environments that the changes need; they are created with them.',
  })
  environments?: EnsuredEnvironmentInput[] | null;

  @Field(() => [CertificateCreationInput], { nullable: true, description: 'Certificates to create.' })
  creates?: CertificateCreationInput[] | null;

  @Field(() => [CertificateUpdateInput], { nullable: true, description: 'Changes, each of another certificate.' })
  updates?: CertificateUpdateInput[] | null;

  @Field(() => [CertificateDeletionInput], { nullable: true, description: 'Certificates to delete.' })
  deletions?: CertificateDeletionInput[] | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Who owns the certificates that are created and updated, 1 to 128 characters. With it, a certificate of another owner is refused.',
  })
  owner?: string | null;

  @Field(() => Boolean, { defaultValue: false, description: 'Take certificates of other owners over.' })
  takeOver!: boolean;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Check everything and answer as if it were made, and make nothing.',
  })
  dryRun!: boolean;

  @Field(() => Boolean, { defaultValue: false, description: CONFIRM_ISSUER_LIST })
  confirmIssuerList!: boolean;

  @Field(() => String, { nullable: true, description: KEY_DESCRIPTION })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A deletion of a certificate.' })
export class DeleteCertificateInput extends JwkDecisionFields {
  @Field(() => ID, { description: 'The certificate.' })
  id!: string;

  @Field(() => Int, { description: 'The version that is meant.' })
  expectedVersion!: number;

  @Field(() => String, {
    nullable: true,
    description:
      'Given when it is compromised, and why, 1 to 128 characters: its X.509 certificates are refused from then on, until `liftCompromise`.',
  })
  compromised?: string | null;

  @Field(() => String, { nullable: true, description: KEY_DESCRIPTION })
  idempotencyKey?: string | null;
}
