import { Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root, registerEnumType } from 'type-graphql';
import type { Refusal, RefusalCode, RetrievalStage } from '../../domain/refusal.js';
import { Certificate } from '../certificates/certificate.js';
import type { Context } from '../context.js';
import { instance } from '../instance.js';
import type { JwkDecision as Decision } from '../../domain/jwk-record.js';
import { Jwk } from '../jwks/jwk.js';
import { JwkChoice, jwkChoices } from '../jwks/jwk-choice.js';
import { JwkDecision } from '../jwks/jwk-decision-input.js';
import { loadNode } from '../load-node.js';
import { Node } from '../node.js';
import { UserError } from './user-error.js';

const implementsUserError = { implements: UserError };

@ObjectType({ ...implementsUserError, description: 'Names are unique.' })
export class NameTaken extends UserError {
  nodeId!: string | null;
}

@ObjectType({ ...implementsUserError, description: 'The certificate belongs to another owner.' })
export class OwnerDiffers extends UserError {
  @Field(() => String, { description: 'The owner that it belongs to.' })
  owner!: string;
}

@ObjectType({ ...implementsUserError, description: 'Aliases are unique per environment, whatever their case.' })
export class AliasTaken extends UserError {
  @Field(() => String, { description: 'Name of the environment.' })
  environment!: string;

  certificateId!: string;
}

@ObjectType({ ...implementsUserError, description: 'An environment holds an X.509 certificate once.' })
export class DuplicateCertificate extends UserError {
  certificateId!: string;
}

@ObjectType({ ...implementsUserError, description: 'Somebody else was faster.' })
export class VersionConflict extends UserError {
  @Field(() => Certificate, { description: 'What it is now.' })
  current!: Certificate;
}

@ObjectType({ ...implementsUserError, description: 'Environments that do not exist.' })
export class EnvironmentNotFound extends UserError {
  @Field(() => [String], { description: 'Their names.' })
  names!: readonly string[];
}

@ObjectType({ ...implementsUserError, description: 'The environment cannot be deleted.' })
export class EnvironmentInUse extends UserError {}

@ObjectType({ ...implementsUserError, description: 'Deploys are refused until the epoch is advanced.' })
export class EnvironmentDiverged extends UserError {
  @Field(() => [String], { description: 'Names of the environments.' })
  names!: readonly string[];
}

@ObjectType({ ...implementsUserError, description: 'It was deleted, or never was.' })
export class CertificateNotFound extends UserError {}

@ObjectType({ ...implementsUserError, description: 'What was deleted because it is compromised does not come back.' })
export class CertificateCompromised extends UserError {
  @Field(() => [String], { description: 'SHA-256 of each: `liftCompromise` admits it again.' })
  fingerprints!: readonly string[];
}

@ObjectType({ ...implementsUserError, description: 'It was deleted, or never was.' })
export class AgentNotFound extends UserError {}

@ObjectType({ ...implementsUserError, description: 'It was deleted, or never was.' })
export class JwkNotFound extends UserError {}

@ObjectType({ ...implementsUserError, description: 'Somebody else was faster.' })
export class JwkVersionConflict extends UserError {
  @Field(() => Jwk, { description: 'What it is now.' })
  current!: Jwk;
}

@ObjectType({ ...implementsUserError, description: 'Nothing was changed: the JWK Connection must be decided first.' })
export class JwkDecisionRequired extends UserError {
  @Field(() => [Jwk], { description: 'The JWKs that follow what would be changed: name them in the decision.' })
  jwks!: readonly Jwk[];

  @Field(() => [JwkDecision], { description: 'What can be decided about all of them alike.' })
  options!: readonly Decision[];

  @Field(() => [JwkChoice], { description: 'What can be decided about each of them, and why the rest cannot.' })
  choices!: readonly JwkChoice[];
}

@ObjectType({
  ...implementsUserError,
  description: 'Nothing was changed: there are other JWKs than were decided about.',
})
export class JwksChanged extends UserError {
  @Field(() => [Jwk], { description: 'The JWKs that follow what would be changed now.' })
  jwks!: readonly Jwk[];

  @Field(() => [JwkDecision], { description: 'What can be decided about all of them alike.' })
  options!: readonly Decision[];

  @Field(() => [JwkChoice], { description: 'What can be decided about each of them, and why the rest cannot.' })
  choices!: readonly JwkChoice[];
}

@ObjectType({ ...implementsUserError, description: 'Nothing was changed: a JWK cannot be made from the new key.' })
export class JwkIncompatible extends UserError {
  @Field(() => [Jwk], { description: 'The JWKs whose algorithm the new key cannot carry.' })
  jwks!: readonly Jwk[];
}

@ObjectType({ ...implementsUserError, description: 'A key has one `kid`, and an environment publishes it once.' })
export class KeyTaken extends UserError {
  jwkId!: string;
}

@ObjectType({ ...implementsUserError, description: 'What a JWK may be used with depends on its key.' })
export class AlgorithmNotAllowed extends UserError {
  @Field(() => [String], { description: 'What the key may be used with for this purpose; empty: with nothing.' })
  allowed!: readonly string[];
}

@ObjectType({ ...implementsUserError, description: 'Trustcast takes certificates and never private keys.' })
export class PrivateKeyNotAllowed extends UserError {}

@ObjectType({ ...implementsUserError, description: 'Nothing of the keystore can be read without its password.' })
export class PasswordRequired extends UserError {}

@ObjectType({ ...implementsUserError, description: 'The password does not open the keystore.' })
export class PasswordWrong extends UserError {}

@ObjectType({ ...implementsUserError, description: 'A definition has exactly one X.509 certificate.' })
export class MultipleCertificates extends UserError {
  @Field(() => [String], { description: 'SHA-256 of each, in the order of the content: name one as `fingerprint`.' })
  fingerprints!: readonly string[];
}

@ObjectType({ ...implementsUserError, description: 'One such certificate would make the whole truststore unreadable.' })
export class NotJavaSafe extends UserError {
  @Field(() => String, { description: 'What Java does not accept.' })
  rule!: string;
}

@ObjectType({ ...implementsUserError, description: 'The content cannot be read.' })
export class MalformedCertificate extends UserError {}

@ObjectType({ ...implementsUserError, description: 'Too many or too large.' })
export class LimitExceeded extends UserError {}

@ObjectType({
  ...implementsUserError,
  description:
    'The subjects of all anchors are longer than Java clients take from a server that asks for certificates.',
})
export class IssuerListTooLong extends UserError {
  @Field(() => [String], { description: 'Names of the environments.' })
  environments!: readonly string[];

  @Field(() => Int, { description: 'Bytes of the longest list, the largest base of the environment included.' })
  bytes!: number;

  @Field(() => Int, { description: 'Bytes that Java clients take.' })
  maxBytes!: number;
}

const RetrievalStages = {
  RESOLVE: 'RESOLVE',
  POLICY: 'POLICY',
  CONNECT: 'CONNECT',
  TLS: 'TLS',
  PARSE: 'PARSE',
} as const;
registerEnumType(RetrievalStages, {
  name: 'RetrievalStage',
  description: 'How far a retrieval came.',
  valuesConfig: {
    RESOLVE: { description: 'The name was looked up.' },
    POLICY: { description: 'Its addresses were compared with those that are refused.' },
    CONNECT: { description: 'A connection was made, through the proxy if there is one.' },
    TLS: { description: 'TLS was spoken, after StartTLS for LDAP.' },
    PARSE: { description: 'What the server presented was read.' },
  },
});

@ObjectType({ ...implementsUserError, description: 'Certificates could not be retrieved from the server.' })
export class RetrievalFailed extends UserError {
  @Field(() => RetrievalStages, { description: 'What failed.' })
  stage!: RetrievalStage;
}

@ObjectType({ ...implementsUserError, description: 'What was removed does not come back by the way.' })
export class RetrustNotConfirmed extends UserError {
  @Field(() => [String], { description: 'SHA-256 of each that would be trusted again: name these as `retrust`.' })
  fingerprints!: readonly string[];
}

@ObjectType({
  ...implementsUserError,
  description: 'Something changed since the preview; the answer has what would be done now.',
})
export class PlanChanged extends UserError {}

@ObjectType({ ...implementsUserError, description: 'A key stands for one request.' })
export class IdempotencyKeyReused extends UserError {}

@ObjectType({ ...implementsUserError, description: 'A field breaks its rule.' })
export class InvalidInput extends UserError {}

@Resolver(() => NameTaken)
export class NameTakenResolver {
  @FieldResolver(() => Node, {
    nullable: true,
    description: 'The one that has it; null: deleted meanwhile, or of the same request.',
  })
  node(@Root() { nodeId }: NameTaken, @Ctx() context: Context) {
    return nodeId === null ? null : loadNode(context, nodeId);
  }
}

@Resolver(() => AliasTaken)
export class AliasTakenResolver {
  @FieldResolver(() => Certificate, {
    nullable: true,
    description: 'The one that has it; null: deleted meanwhile, or of the same request.',
  })
  certificate(@Root() { certificateId }: AliasTaken, @Ctx() { certificates }: Context) {
    return certificates.load(certificateId);
  }
}

@Resolver(() => DuplicateCertificate)
export class DuplicateCertificateResolver {
  @FieldResolver(() => Certificate, { nullable: true, description: 'The one that holds it; null: deleted meanwhile.' })
  certificate(@Root() { certificateId }: DuplicateCertificate, @Ctx() { certificates }: Context) {
    return certificates.load(certificateId);
  }
}

@Resolver(() => KeyTaken)
export class KeyTakenResolver {
  @FieldResolver(() => Jwk, { nullable: true, description: 'The one that has it; null: deleted meanwhile.' })
  jwk(@Root() { jwkId }: KeyTaken, @Ctx() { jwks }: Context) {
    return jwks.load(jwkId);
  }
}

const TYPES: Record<RefusalCode, new () => UserError> = {
  NAME_TAKEN: NameTaken,
  OWNER_DIFFERS: OwnerDiffers,
  ALIAS_TAKEN: AliasTaken,
  DUPLICATE_CERTIFICATE: DuplicateCertificate,
  VERSION_CONFLICT: VersionConflict,
  ENVIRONMENT_NOT_FOUND: EnvironmentNotFound,
  ENVIRONMENT_IN_USE: EnvironmentInUse,
  ENVIRONMENT_DIVERGED: EnvironmentDiverged,
  CERTIFICATE_NOT_FOUND: CertificateNotFound,
  CERTIFICATE_COMPROMISED: CertificateCompromised,
  AGENT_NOT_FOUND: AgentNotFound,
  JWK_NOT_FOUND: JwkNotFound,
  JWK_VERSION_CONFLICT: JwkVersionConflict,
  JWK_DECISION_REQUIRED: JwkDecisionRequired,
  JWKS_CHANGED: JwksChanged,
  JWK_INCOMPATIBLE: JwkIncompatible,
  KEY_TAKEN: KeyTaken,
  ALGORITHM_NOT_ALLOWED: AlgorithmNotAllowed,
  PRIVATE_KEY_NOT_ALLOWED: PrivateKeyNotAllowed,
  PASSWORD_REQUIRED: PasswordRequired,
  PASSWORD_WRONG: PasswordWrong,
  MULTIPLE_CERTIFICATES: MultipleCertificates,
  NOT_JAVA_SAFE: NotJavaSafe,
  MALFORMED_CERTIFICATE: MalformedCertificate,
  LIMIT_EXCEEDED: LimitExceeded,
  ISSUER_LIST_TOO_LONG: IssuerListTooLong,
  RETRIEVAL_FAILED: RetrievalFailed,
  PLAN_CHANGED: PlanChanged,
  RETRUST_NOT_CONFIRMED: RetrustNotConfirmed,
  IDEMPOTENCY_KEY_REUSED: IdempotencyKeyReused,
  INVALID_INPUT: InvalidInput,
};

export const userErrorTypes = Object.values(TYPES);

/** Refusals as GraphQL shows them. */
export function userErrorsOf(refusals: readonly Refusal[]): UserError[] {
  return refusals.map((refusal) => Object.assign(new TYPES[refusal.code](), refusal, shownRecords(refusal)));
}

function shownRecords(refusal: Refusal): object {
  if (refusal.code === 'VERSION_CONFLICT') return { current: instance(Certificate, refusal.current) };
  if (refusal.code === 'JWK_VERSION_CONFLICT') return { current: instance(Jwk, refusal.current) };
  return {
    ...('jwks' in refusal && { jwks: refusal.jwks.map((jwk) => instance(Jwk, jwk)) }),
    ...('choices' in refusal && { choices: jwkChoices(refusal) }),
  };
}
