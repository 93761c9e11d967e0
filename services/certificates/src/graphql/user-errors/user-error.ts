import { Field, InterfaceType, registerEnumType } from 'type-graphql';
import type { Refusal, RefusalCode } from '../../domain/refusal.js';

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
  IDEMPOTENCY_KEY_REUSED: 'IDEMPOTENCY_KEY_REUSED',
  INVALID_INPUT: 'INVALID_INPUT',
} as const satisfies { [Code in RefusalCode]: Code };

registerEnumType(UserErrorCode, {
  name: 'UserErrorCode',
  description: 'Why a change was not made. Codes are stable; messages may change.',
  valuesConfig: {
    NAME_TAKEN: { description: 'Another one has this name.' },
    OWNER_DIFFERS: { description: 'The certificate belongs to another owner; `takeOver` changes that.' },
    ALIAS_TAKEN: { description: 'Another certificate has this alias in the environment; case makes no difference.' },
    DUPLICATE_CERTIFICATE: { description: 'The same X.509 certificate is already deployed to the environment.' },
    VERSION_CONFLICT: { description: 'It was changed since the expected version.' },
    ENVIRONMENT_NOT_FOUND: { description: 'An environment does not exist.' },
    ENVIRONMENT_IN_USE: { description: 'Certificates, JWKs or agents belong to the environment, or it is built in.' },
    ENVIRONMENT_DIVERGED: { description: 'Agents are ahead of the database, which was restored: advance the epoch.' },
    CERTIFICATE_NOT_FOUND: { description: 'There is no such certificate.' },
    CERTIFICATE_COMPROMISED: { description: 'It was deleted because it is compromised, and is refused until lifted.' },
    AGENT_NOT_FOUND: { description: 'There is no such agent.' },
    JWK_NOT_FOUND: { description: 'There is no such JWK.' },
    JWK_VERSION_CONFLICT: { description: 'The JWK was changed since the expected version.' },
    JWK_DECISION_REQUIRED: { description: 'JWKs follow what would be changed: say what shall become of them.' },
    JWKS_CHANGED: { description: 'The JWKs that the decision is about are not those that would be affected now.' },
    JWK_INCOMPATIBLE: { description: 'The new key cannot be used with the algorithm of a JWK that follows it.' },
    KEY_TAKEN: { description: 'The environment has a JWK of the very same key.' },
    ALGORITHM_NOT_ALLOWED: { description: 'The key cannot be used with this algorithm and for this purpose.' },
    PRIVATE_KEY_NOT_ALLOWED: { description: 'The content holds a private key. Nothing of it was stored.' },
    PASSWORD_REQUIRED: { description: 'The keystore is encrypted: ask for its password.' },
    PASSWORD_WRONG: { description: 'The password does not open the keystore, or the keystore was changed.' },
    MULTIPLE_CERTIFICATES: { description: 'The content holds several certificates: pick one.' },
    NOT_JAVA_SAFE: { description: 'A supported JDK would not load a truststore with this certificate.' },
    MALFORMED_CERTIFICATE: { description: 'The content is not a certificate in the given encoding.' },
    LIMIT_EXCEEDED: { description: 'A limit of the product would be exceeded.' },
    ISSUER_LIST_TOO_LONG: {
      description:
        'Servers of JVMs would send more subjects of anchors than Java clients take; `confirmIssuerList` deploys it.',
    },
    RETRIEVAL_FAILED: { description: 'The server did not present certificates; the stage says how far it came.' },
    RETRUST_NOT_CONFIRMED: { description: 'Certificates would be trusted again that were not confirmed.' },
    PLAN_CHANGED: { description: 'What would be done is no longer what was previewed: preview it again.' },
    IDEMPOTENCY_KEY_REUSED: { description: 'The idempotency key was used for another request.' },
    INVALID_INPUT: { description: 'A field breaks its rule.' },
  },
});

@InterfaceType({ description: 'Why a change was not made: something that whoever asked for it can put right.' })
export abstract class UserError {
  @Field(() => UserErrorCode, { description: 'Stable; to be read by programs.' })
  code!: Refusal['code'];

  @Field(() => String, { description: 'For people.' })
  message!: string;

  @Field(() => [String], { nullable: true, description: 'Path of the input that is meant; null: none in particular.' })
  field!: readonly string[] | null;
}
