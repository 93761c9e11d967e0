import { Field, InputType, Int } from 'type-graphql';
import { ID } from '../shape/id.js';
import type { DefinitionInput } from '../../../features/certificates/rules/definition-input.js';
import { DECISION_DESCRIPTION, JwkDecisionInput } from '../jwks/jwk-decision-input.js';
import type { EnvironmentKind as Kind } from '../../../features/records/environment-record.js';
import { EnvironmentKind } from '../environments/environment.js';
import { TextFields, withGivenTexts } from './certificate-text-fields.js';
import { CertificateSourceInput, sourceOf } from './source-inputs.js';

export const KEY_DESCRIPTION =
  'Idempotency key chosen by the client, 1 to 200 ASCII characters. A retry with the same key returns the first answer.';

export const CONFIRM_ISSUER_LIST =
  'Whether to deploy although the subjects of all anchors, which a TLS server sends when it requests a client certificate, exceed what Java clients accept.';

@InputType({ description: 'What new definitions and changed ones have in common.' })
abstract class DefinitionFields {
  @Field(() => [String], { description: 'Names of the environments to deploy to, at least one.' })
  environments!: string[];

  @Field(() => String, {
    description: 'Alias of the entry in truststores, 1 to 255 characters, unique per environment ignoring case.',
  })
  alias!: string;
}

@InputType({ description: 'A definition of a new certificate.' })
export class CertificateDefinitionInput extends DefinitionFields {
  @Field(() => CertificateSourceInput, { description: 'Where the certificate comes from.' })
  from!: CertificateSourceInput;
}

@InputType({ description: 'A definition of a certificate that is being updated.' })
export class CertificateDefinitionUpdate extends DefinitionFields {
  @Field(() => ID, {
    nullable: true,
    description: 'Id of the definition to change; a new definition is added if omitted.',
  })
  id?: string | null;

  @Field(() => CertificateSourceInput, {
    nullable: true,
    description:
      'Where the new certificate comes from. An existing definition keeps its certificate and its source if omitted.',
  })
  from?: CertificateSourceInput | null;
}

/** Converts inputs of GraphQL for the rules. */
export function definitionInputs(
  inputs: readonly (CertificateDefinitionInput | CertificateDefinitionUpdate)[],
): readonly DefinitionInput[] {
  return inputs.map(({ from, ...definition }) => ({ ...definition, from: from ? sourceOf(from) : null }));
}

@TextFields('CREATED')
@InputType({ description: 'Input for creating a certificate.' })
export class CreateCertificateInput extends withGivenTexts(Object) {
  @Field(() => String, { description: 'Name of the certificate, 1 to 128 characters, unique and immutable.' })
  name!: string;

  @Field(() => [CertificateDefinitionInput], { description: 'Definitions of the certificate, at least one.' })
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
    description: "The certificate's name, typed as a confirmation. Required with `jwkDecision`.",
  })
  confirmName?: string | null;
}

@TextFields('UPDATED')
@InputType({ description: 'What changes of a certificate have in common.' })
abstract class UpdateFields extends withGivenTexts(JwkDecisionFields) {
  @Field(() => ID, { description: 'Id of the certificate.' })
  id!: string;

  @Field(() => Int, { description: 'Version of the certificate that the change is based on.' })
  expectedVersion!: number;
}

@InputType({ description: 'Input for updating a certificate.' })
export class UpdateCertificateInput extends UpdateFields {
  @Field(() => [CertificateDefinitionUpdate], {
    nullable: true,
    description: 'The complete new list of definitions; unchanged if omitted.',
  })
  definitions?: CertificateDefinitionUpdate[] | null;

  @Field(() => Boolean, { defaultValue: false, description: CONFIRM_ISSUER_LIST })
  confirmIssuerList!: boolean;

  @Field(() => String, { nullable: true, description: KEY_DESCRIPTION })
  idempotencyKey?: string | null;
}

@InputType({ description: 'An update among several changes.' })
export class CertificateUpdateInput extends UpdateFields {
  @Field(() => [CertificateDefinitionUpdate], { description: 'The complete new list of definitions.' })
  definitions!: CertificateDefinitionUpdate[];
}

@TextFields('CREATED')
@InputType({ description: 'A new certificate among several changes.' })
export class CertificateCreationInput extends withGivenTexts(Object) {
  @Field(() => String, { description: 'Name of the certificate, 1 to 128 characters, unique and immutable.' })
  name!: string;

  @Field(() => [CertificateDefinitionInput], { description: 'Definitions of the certificate, at least one.' })
  definitions!: CertificateDefinitionInput[];
}

@InputType({ description: 'A deletion among several changes.' })
export class CertificateDeletionInput extends JwkDecisionFields {
  @Field(() => ID, { description: 'Id of the certificate.' })
  id!: string;

  @Field(() => Int, { description: 'Version of the certificate that the deletion is based on.' })
  expectedVersion!: number;
}

@InputType({ description: 'An environment that is created if it does not exist.' })
export class EnsuredEnvironmentInput {
  @Field(() => String, { description: 'Name of the environment: 1 to 63 characters of a-z, 0-9 and -.' })
  name!: string;

  @Field(() => EnvironmentKind, {
    description: 'Kind of the environment. An existing environment of another kind is refused.',
  })
  kind!: Kind;

  @Field(() => String, {
    nullable: true,
    description: 'Title of the environment; an existing title is kept if omitted.',
  })
  title?: string | null;
}

@InputType({ description: 'Several changes that are made together: all or none, in one revision of each environment.' })
export class ChangeCertificatesInput {
  @Field(() => [EnsuredEnvironmentInput], {
    nullable: true,
    description: 'Environments that the changes need. Missing ones are created in the same transaction.',
  })
  environments?: EnsuredEnvironmentInput[] | null;

  @Field(() => [CertificateCreationInput], { nullable: true, description: 'Certificates to create.' })
  creates?: CertificateCreationInput[] | null;

  @Field(() => [CertificateUpdateInput], { nullable: true, description: 'Certificates to update, each at most once.' })
  updates?: CertificateUpdateInput[] | null;

  @Field(() => [CertificateDeletionInput], { nullable: true, description: 'Certificates to delete.' })
  deletions?: CertificateDeletionInput[] | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Owner to record for the created and updated certificates, 1 to 128 characters. Certificates of another owner are then refused; those of nobody become the owner’s.',
  })
  owner?: string | null;

  @Field(() => Boolean, { defaultValue: false, description: 'Whether to take over certificates of other owners.' })
  takeOver!: boolean;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Whether to check everything and return the result without changing anything.',
  })
  dryRun!: boolean;

  @Field(() => Boolean, { defaultValue: false, description: CONFIRM_ISSUER_LIST })
  confirmIssuerList!: boolean;

  @Field(() => String, { nullable: true, description: KEY_DESCRIPTION })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Input for deleting a certificate.' })
export class DeleteCertificateInput extends JwkDecisionFields {
  @Field(() => ID, { description: 'Id of the certificate.' })
  id!: string;

  @Field(() => Int, { description: 'Version of the certificate that the deletion is based on.' })
  expectedVersion!: number;

  @Field(() => String, {
    nullable: true,
    description:
      'Reason the certificate is compromised, 1 to 128 characters; omit it if it is not. Its X.509 certificates are refused from then on, until `liftCompromise`.',
  })
  compromised?: string | null;

  @Field(() => String, { nullable: true, description: KEY_DESCRIPTION })
  idempotencyKey?: string | null;
}
