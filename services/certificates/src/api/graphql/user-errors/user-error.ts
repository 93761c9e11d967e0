import { Field, InterfaceType, registerEnumType } from 'type-graphql';
import type { Refusal, RefusalCode } from '../../../features/records/refusal.js';

/** The codes as an enum object; `satisfies` keeps it whole. */
export const UserErrorCode = {
  NAME_TAKEN: 'NAME_TAKEN',
  OWNER_DIFFERS: 'OWNER_DIFFERS',
  ALIAS_TAKEN: 'ALIAS_TAKEN',
  DUPLICATE_CERTIFICATE: 'DUPLICATE_CERTIFICATE',
  VERSION_CONFLICT: 'VERSION_CONFLICT',
  ENVIRONMENT_NOT_FOUND: 'ENVIRONMENT_NOT_FOUND',
  ENVIRONMENT_IN_USE: 'ENVIRONMENT_IN_USE',
  ENVIRONMENT_DIVERGED: 'ENVIRONMENT_DIVERGED',
  CERTIFICATE_NOT_FOUND: 'CERTIFICATE_NOT_FOUND',
  CERTIFICATE_COMPROMISED: 'CERTIFICATE_COMPROMISED',
  AGENT_NOT_FOUND: 'AGENT_NOT_FOUND',
  JWK_NOT_FOUND: 'JWK_NOT_FOUND',
  JWK_VERSION_CONFLICT: 'JWK_VERSION_CONFLICT',
  JWK_DECISION_REQUIRED: 'JWK_DECISION_REQUIRED',
  JWKS_CHANGED: 'JWKS_CHANGED',
  JWK_INCOMPATIBLE: 'JWK_INCOMPATIBLE',
  KEY_TAKEN: 'KEY_TAKEN',
  ALGORITHM_NOT_ALLOWED: 'ALGORITHM_NOT_ALLOWED',
  PRIVATE_KEY_NOT_ALLOWED: 'PRIVATE_KEY_NOT_ALLOWED',
  PASSWORD_REQUIRED: 'PASSWORD_REQUIRED',
  PASSWORD_WRONG: 'PASSWORD_WRONG',
  MULTIPLE_CERTIFICATES: 'MULTIPLE_CERTIFICATES',
  NOT_JAVA_SAFE: 'NOT_JAVA_SAFE',
  MALFORMED_CERTIFICATE: 'MALFORMED_CERTIFICATE',
  LIMIT_EXCEEDED: 'LIMIT_EXCEEDED',
  ISSUER_LIST_TOO_LONG: 'ISSUER_LIST_TOO_LONG',
  RETRIEVAL_FAILED: 'RETRIEVAL_FAILED',
  PLAN_CHANGED: 'PLAN_CHANGED',
  RETRUST_NOT_CONFIRMED: 'RETRUST_NOT_CONFIRMED',
  UNKNOWN_NOT_CONFIRMED: 'UNKNOWN_NOT_CONFIRMED',
  IDEMPOTENCY_KEY_REUSED: 'IDEMPOTENCY_KEY_REUSED',
  INVALID_INPUT: 'INVALID_INPUT',
} as const satisfies { [Code in RefusalCode]: Code };

registerEnumType(UserErrorCode, {
  name: 'UserErrorCode',
  description: 'Reason a change was refused. Codes are stable; messages may change.',
  valuesConfig: {
    NAME_TAKEN: { description: 'Another object of the same kind has this name.' },
    OWNER_DIFFERS: { description: 'The certificate belongs to another owner. Set `takeOver` to take it over.' },
    ALIAS_TAKEN: { description: 'Another certificate has this alias in the environment, ignoring case.' },
    DUPLICATE_CERTIFICATE: { description: 'The same X.509 certificate is already deployed to the environment.' },
    VERSION_CONFLICT: { description: 'The object was changed since the expected version.' },
    ENVIRONMENT_NOT_FOUND: { description: 'An environment does not exist.' },
    ENVIRONMENT_IN_USE: { description: 'The environment has certificates, JWKs or agents, or is built in.' },
    ENVIRONMENT_DIVERGED: { description: 'Agents are ahead of the database, which was restored. Advance the epoch.' },
    CERTIFICATE_NOT_FOUND: { description: 'The certificate does not exist.' },
    CERTIFICATE_COMPROMISED: {
      description: 'The certificate was deleted as compromised and is refused until `liftCompromise`.',
    },
    AGENT_NOT_FOUND: { description: 'The agent does not exist.' },
    JWK_NOT_FOUND: { description: 'The JWK does not exist.' },
    JWK_VERSION_CONFLICT: { description: 'The JWK was changed since the expected version.' },
    JWK_DECISION_REQUIRED: { description: 'JWKs follow what would be changed. Decide what happens to them.' },
    JWKS_CHANGED: { description: 'The decision does not cover exactly the JWKs that would be affected now.' },
    JWK_INCOMPATIBLE: { description: 'The new key does not support the algorithm of a JWK that follows it.' },
    KEY_TAKEN: { description: 'The environment already has a JWK with the same key.' },
    ALGORITHM_NOT_ALLOWED: { description: 'The key does not support this algorithm for this purpose.' },
    PRIVATE_KEY_NOT_ALLOWED: { description: 'The content holds a private key. Nothing was stored.' },
    PASSWORD_REQUIRED: { description: 'The keystore is encrypted. Supply its password.' },
    PASSWORD_WRONG: { description: 'The password does not open the keystore, or the keystore was modified.' },
    MULTIPLE_CERTIFICATES: { description: 'The content holds several certificates. Select one by its fingerprint.' },
    NOT_JAVA_SAFE: { description: 'A supported JDK cannot load a truststore that holds this certificate.' },
    MALFORMED_CERTIFICATE: { description: 'The content is not a certificate in the given encoding.' },
    LIMIT_EXCEEDED: { description: 'A limit of the product would be exceeded.' },
    ISSUER_LIST_TOO_LONG: {
      description:
        'TLS servers in the JVMs would send more anchor subjects than Java clients accept. Set `confirmIssuerList` to deploy all the same.',
    },
    RETRIEVAL_FAILED: {
      description: 'The server did not present certificates. The stage tells how far the retrieval came.',
    },
    RETRUST_NOT_CONFIRMED: { description: 'Certificates would be trusted again that `retrust` does not confirm.' },
    UNKNOWN_NOT_CONFIRMED: {
      description: 'The certificates that would be trusted again are not known. `confirmUnknown` confirms that.',
    },
    PLAN_CHANGED: { description: 'The plan has changed since the preview. Preview it again.' },
    IDEMPOTENCY_KEY_REUSED: { description: 'The idempotency key was used for another request.' },
    INVALID_INPUT: { description: 'A field breaks its rule.' },
  },
});

@InterfaceType({ description: 'Reason a change was refused, which the caller can correct.' })
export abstract class UserError {
  @Field(() => UserErrorCode, { description: 'Stable, machine-readable code.' })
  code!: Refusal['code'];

  @Field(() => String, { description: 'Message for people; its wording may change.' })
  message!: string;

  @Field(() => [String], {
    nullable: true,
    description: 'Path of the input field that the error concerns, or null if it concerns none in particular.',
  })
  field!: readonly string[] | null;
}
