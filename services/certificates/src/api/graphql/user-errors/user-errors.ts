import { Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root, registerEnumType } from 'type-graphql';
import type { Refusal, RefusalCode, RetrievalStage } from '../../../features/records/refusal.js';
import { Certificate } from '../certificates/certificate.js';
import type { Context } from '../context.js';
import { instance } from '../shape/instance.js';
import type { JwkDecision as Decision } from '../../../features/records/jwk-record.js';
import { Jwk } from '../jwks/jwk.js';
import { JwkChoice, jwkChoices } from '../jwks/jwk-choice.js';
import { JwkDecision } from '../jwks/jwk-decision-input.js';
import { loadNode } from '../shape/load-node.js';
import { Node } from '../shape/node.js';
import { UserError } from './user-error.js';

const implementsUserError = { implements: UserError };

@ObjectType({ ...implementsUserError, description: 'Another object of the same kind has the name.' })
export class NameTaken extends UserError {
  nodeId!: string | null;
}

@ObjectType({ ...implementsUserError, description: 'The certificate belongs to another owner.' })
export class OwnerDiffers extends UserError {
  @Field(() => String, { description: 'Owner of the certificate.' })
  owner!: string;
}

@ObjectType({
  ...implementsUserError,
  description: 'Another certificate has the alias in the environment; aliases are compared ignoring case.',
})
export class AliasTaken extends UserError {
  @Field(() => String, { description: 'Name of the environment.' })
  environment!: string;

  certificateId!: string;
}

@ObjectType({ ...implementsUserError, description: 'The environment already holds the X.509 certificate.' })
export class DuplicateCertificate extends UserError {
  certificateId!: string;
}

@ObjectType({ ...implementsUserError, description: 'The certificate was changed by another request.' })
export class VersionConflict extends UserError {
  @Field(() => Certificate, { description: 'The certificate in its current state.' })
  current!: Certificate;
}

@ObjectType({ ...implementsUserError, description: 'One or more environments do not exist.' })
export class EnvironmentNotFound extends UserError {
  @Field(() => [String], { description: 'Names of the missing environments.' })
  names!: readonly string[];
}

@ObjectType({ ...implementsUserError, description: 'The environment cannot be deleted.' })
export class EnvironmentInUse extends UserError {}

@ObjectType({
  ...implementsUserError,
  description: 'Deployments to the environments are refused until the epoch is advanced.',
})
export class EnvironmentDiverged extends UserError {
  @Field(() => [String], { description: 'Names of the environments.' })
  names!: readonly string[];
}

@ObjectType({ ...implementsUserError, description: 'The certificate was deleted or never existed.' })
export class CertificateNotFound extends UserError {}

@ObjectType({ ...implementsUserError, description: 'The certificate was deleted as compromised and is still refused.' })
export class CertificateCompromised extends UserError {
  @Field(() => [String], {
    description: 'SHA-256 fingerprints of the refused certificates; `liftCompromise` accepts each again.',
  })
  fingerprints!: readonly string[];
}

@ObjectType({ ...implementsUserError, description: 'The agent was deleted or never existed.' })
export class AgentNotFound extends UserError {}

@ObjectType({ ...implementsUserError, description: 'The JWK was deleted or never existed.' })
export class JwkNotFound extends UserError {}

@ObjectType({ ...implementsUserError, description: 'The JWK was changed by another request.' })
export class JwkVersionConflict extends UserError {
  @Field(() => Jwk, { description: 'The JWK in its current state.' })
  current!: Jwk;
}

@ObjectType({
  ...implementsUserError,
  description: 'Nothing was changed, because JWKs follow the certificate and need a decision first.',
})
export class JwkDecisionRequired extends UserError {
  @Field(() => [Jwk], { description: 'The JWKs that follow what would be changed. Name them in the decision.' })
  jwks!: readonly Jwk[];

  @Field(() => [JwkDecision], { description: 'Decisions available for all of these JWKs alike.' })
  options!: readonly Decision[];

  @Field(() => [JwkChoice], { description: 'Decisions available for each JWK, and the reasons others are not.' })
  choices!: readonly JwkChoice[];
}

@ObjectType({
  ...implementsUserError,
  description: 'Nothing was changed, because the affected JWKs are no longer those of the decision.',
})
export class JwksChanged extends UserError {
  @Field(() => [Jwk], { description: 'The JWKs that follow what would be changed now.' })
  jwks!: readonly Jwk[];

  @Field(() => [JwkDecision], { description: 'Decisions available for all of these JWKs alike.' })
  options!: readonly Decision[];

  @Field(() => [JwkChoice], { description: 'Decisions available for each JWK, and the reasons others are not.' })
  choices!: readonly JwkChoice[];
}

@ObjectType({
  ...implementsUserError,
  description: 'Nothing was changed, because a JWK cannot be made from the new key.',
})
export class JwkIncompatible extends UserError {
  @Field(() => [Jwk], { description: 'The JWKs whose algorithm the new key does not support.' })
  jwks!: readonly Jwk[];
}

@ObjectType({ ...implementsUserError, description: 'The environment already publishes the key under the same `kid`.' })
export class KeyTaken extends UserError {
  jwkId!: string;
}

@ObjectType({ ...implementsUserError, description: 'The key does not support the algorithm for this purpose.' })
export class AlgorithmNotAllowed extends UserError {
  @Field(() => [String], { description: 'Algorithms that the key supports for this purpose; empty if none.' })
  allowed!: readonly string[];
}

@ObjectType({
  ...implementsUserError,
  description: 'The content holds a private key. Trustcast accepts certificates only.',
})
export class PrivateKeyNotAllowed extends UserError {}

@ObjectType({ ...implementsUserError, description: 'The keystore cannot be read without its password.' })
export class PasswordRequired extends UserError {}

@ObjectType({ ...implementsUserError, description: 'The password does not open the keystore.' })
export class PasswordWrong extends UserError {}

@ObjectType({
  ...implementsUserError,
  description: 'The content holds several certificates; a definition has exactly one.',
})
export class MultipleCertificates extends UserError {
  @Field(() => [String], {
    description: 'SHA-256 fingerprints in the order of the content. Pass one of them as `fingerprint`.',
  })
  fingerprints!: readonly string[];
}

@ObjectType({
  ...implementsUserError,
  description: 'The certificate would make the whole truststore unreadable for a supported JDK.',
})
export class NotJavaSafe extends UserError {
  @Field(() => String, { description: "The rule of Java's parsers that the certificate breaks." })
  rule!: string;
}

@ObjectType({ ...implementsUserError, description: 'The content cannot be read as a certificate.' })
export class MalformedCertificate extends UserError {}

@ObjectType({ ...implementsUserError, description: 'A number or size exceeds its limit.' })
export class LimitExceeded extends UserError {}

@ObjectType({
  ...implementsUserError,
  description:
    'The subjects of all anchors exceed what Java clients accept from a server that requests a client certificate.',
})
export class IssuerListTooLong extends UserError {
  @Field(() => [String], { description: 'Names of the environments.' })
  environments!: readonly string[];

  @Field(() => Int, {
    description: 'Size of the longest list in bytes, including the largest base of the environment.',
  })
  bytes!: number;

  @Field(() => Int, { description: 'Size in bytes that Java clients accept.' })
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
  description: 'Stage that a retrieval reached.',
  valuesConfig: {
    RESOLVE: { description: 'Resolving the host name.' },
    POLICY: { description: 'Comparing the addresses with the refused ranges.' },
    CONNECT: { description: 'Connecting, through the proxy if one is set.' },
    TLS: { description: 'The TLS handshake, after StartTLS for LDAP.' },
    PARSE: { description: 'Reading what the server presented.' },
  },
});

@ObjectType({ ...implementsUserError, description: 'The certificates could not be retrieved from the server.' })
export class RetrievalFailed extends UserError {
  @Field(() => RetrievalStages, { description: 'Stage that failed.' })
  stage!: RetrievalStage;
}

@ObjectType({
  ...implementsUserError,
  description: 'No host has reported the set that it holds. Certificates that were removed may be trusted again.',
})
export class UnknownNotConfirmed extends UserError {}

@ObjectType({
  ...implementsUserError,
  description: 'Certificates that were removed would be trusted again. Confirm them in `retrust`.',
})
export class RetrustNotConfirmed extends UserError {
  @Field(() => [String], {
    description: 'SHA-256 fingerprints of the certificates that would be trusted again. Pass them as `retrust`.',
  })
  fingerprints!: readonly string[];
}

@ObjectType({
  ...implementsUserError,
  description: 'Something changed since the preview. The answer holds the current plan.',
})
export class PlanChanged extends UserError {}

@ObjectType({ ...implementsUserError, description: 'The idempotency key was used for another request.' })
export class IdempotencyKeyReused extends UserError {}

@ObjectType({ ...implementsUserError, description: 'A field breaks its rule.' })
export class InvalidInput extends UserError {}

@Resolver(() => NameTaken)
export class NameTakenResolver {
  @FieldResolver(() => Node, {
    nullable: true,
    description: 'The object that has the name. Null if it was deleted meanwhile or belongs to the same request.',
  })
  node(@Root() { nodeId }: NameTaken, @Ctx() context: Context) {
    return nodeId === null ? null : loadNode(context, nodeId);
  }
}

@Resolver(() => AliasTaken)
export class AliasTakenResolver {
  @FieldResolver(() => Certificate, {
    nullable: true,
    description: 'The certificate that has the alias. Null if it was deleted meanwhile or belongs to the same request.',
  })
  certificate(@Root() { certificateId }: AliasTaken, @Ctx() { certificates }: Context) {
    return certificates.load(certificateId);
  }
}

@Resolver(() => DuplicateCertificate)
export class DuplicateCertificateResolver {
  @FieldResolver(() => Certificate, {
    nullable: true,
    description: 'The certificate that holds the X.509 certificate, or null if it was deleted meanwhile.',
  })
  certificate(@Root() { certificateId }: DuplicateCertificate, @Ctx() { certificates }: Context) {
    return certificates.load(certificateId);
  }
}

@Resolver(() => KeyTaken)
export class KeyTakenResolver {
  @FieldResolver(() => Jwk, {
    nullable: true,
    description: 'The JWK that has the key, or null if it was deleted meanwhile.',
  })
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
  UNKNOWN_NOT_CONFIRMED: UnknownNotConfirmed,
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
