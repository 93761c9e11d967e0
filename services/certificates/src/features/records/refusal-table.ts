import {
  certificate,
  certificateId,
  jwk,
  jwkChoices,
  jwkDecisions,
  jwkId,
  jwks,
  nodeId,
  number,
  retrievalStage,
  text,
  texts,
  type Detail,
} from './refusal-details.js';

/** What there is to say of a reason to refuse a change. */
interface RefusalEntry {
  /** Of the code. */
  readonly description: string;
  /** Of its GraphQL type, whose name is that of the code: `ALIAS_TAKEN` is `AliasTaken`. */
  readonly typeDescription: string;
  /** Members that it carries beside `code`, `message` and `field`. */
  readonly details: Readonly<Record<string, Detail>>;
}

/**
 * Every reason to refuse a change. From this table come the union `Refusal`, the GraphQL enum `UserErrorCode` and one GraphQL
 * type for each code.
 */
export const REFUSALS = {
  NAME_TAKEN: {
    description: 'Another object of the same kind has this name.',
    typeDescription: 'Another object of the same kind has the name.',
    details: {
      nodeId: nodeId('The object that has the name. Null if it was deleted meanwhile or belongs to the same request.'),
    },
  },
  OWNER_DIFFERS: {
    description: 'The certificate belongs to another owner. Set `takeOver` to take it over.',
    typeDescription: 'The certificate belongs to another owner.',
    details: {
      owner: text('Owner of the certificate.'),
    },
  },
  ALIAS_TAKEN: {
    description: 'Another certificate has this alias in the environment, ignoring case.',
    typeDescription: 'Another certificate has the alias in the environment; aliases are compared ignoring case.',
    details: {
      environment: text('Name of the environment.'),
      certificateId: certificateId(
        'The certificate that has the alias. Null if it was deleted meanwhile or belongs to the same request.',
      ),
    },
  },
  DUPLICATE_CERTIFICATE: {
    description: 'The same X.509 certificate is already deployed to the environment.',
    typeDescription: 'The environment already holds the X.509 certificate.',
    details: {
      certificateId: certificateId(
        'The certificate that holds the X.509 certificate, or null if it was deleted meanwhile.',
      ),
    },
  },
  VERSION_CONFLICT: {
    description: 'The object was changed since the expected version.',
    typeDescription: 'The certificate was changed by another request.',
    details: {
      current: certificate('The certificate in its current state.'),
    },
  },
  ENVIRONMENT_NOT_FOUND: {
    description: 'An environment does not exist.',
    typeDescription: 'One or more environments do not exist.',
    details: {
      names: texts('Names of the missing environments.'),
    },
  },
  ENVIRONMENT_IN_USE: {
    description: 'The environment has certificates, JWKs or agents, or is built in.',
    typeDescription: 'The environment cannot be deleted.',
    details: {},
  },
  ENVIRONMENT_DIVERGED: {
    description: 'Agents are ahead of the database, which was restored. Advance the epoch.',
    typeDescription: 'Deployments to the environments are refused until the epoch is advanced.',
    details: {
      names: texts('Names of the environments.'),
    },
  },
  CERTIFICATE_NOT_FOUND: {
    description: 'The certificate does not exist.',
    typeDescription: 'The certificate was deleted or never existed.',
    details: {},
  },
  CERTIFICATE_COMPROMISED: {
    description: 'The certificate was deleted as compromised and is refused until `liftCompromise`.',
    typeDescription: 'The certificate was deleted as compromised and is still refused.',
    details: {
      fingerprints: texts('SHA-256 fingerprints of the refused certificates; `liftCompromise` accepts each again.'),
    },
  },
  API_TOKEN_NOT_FOUND: {
    description: 'The API token does not exist.',
    typeDescription: 'The API token never existed.',
    details: {},
  },
  GRANT_NOT_FOUND: {
    description: 'The grant does not exist.',
    typeDescription: 'The grant was deleted or never existed.',
    details: {},
  },
  ENROLLMENT_TOKEN_NOT_FOUND: {
    description: 'The enrollment token does not exist.',
    typeDescription: 'The enrollment token never existed, or its environment was deleted.',
    details: {},
  },
  AGENT_NOT_FOUND: {
    description: 'The agent does not exist.',
    typeDescription: 'The agent was deleted or never existed.',
    details: {},
  },
  JWK_NOT_FOUND: {
    description: 'The JWK does not exist.',
    typeDescription: 'The JWK was deleted or never existed.',
    details: {},
  },
  JWK_VERSION_CONFLICT: {
    description: 'The JWK was changed since the expected version.',
    typeDescription: 'The JWK was changed by another request.',
    details: {
      current: jwk('The JWK in its current state.'),
    },
  },
  JWK_DECISION_REQUIRED: {
    description: 'JWKs follow what would be changed. Decide what happens to them.',
    typeDescription: 'Nothing was changed, because JWKs follow the certificate and need a decision first.',
    details: {
      jwks: jwks('The JWKs that follow what would be changed. Name them in the decision.'),
      options: jwkDecisions('Decisions available for all of these JWKs alike.'),
      choices: jwkChoices('Decisions available for each JWK, and the reasons others are not.'),
    },
  },
  JWKS_CHANGED: {
    description: 'The decision does not cover exactly the JWKs that would be affected now.',
    typeDescription: 'Nothing was changed, because the affected JWKs are no longer those of the decision.',
    details: {
      jwks: jwks('The JWKs that follow what would be changed now.'),
      options: jwkDecisions('Decisions available for all of these JWKs alike.'),
      choices: jwkChoices('Decisions available for each JWK, and the reasons others are not.'),
    },
  },
  JWK_INCOMPATIBLE: {
    description: 'The new key does not support the algorithm of a JWK that follows it.',
    typeDescription: 'Nothing was changed, because a JWK cannot be made from the new key.',
    details: {
      jwks: jwks('The JWKs whose algorithm the new key does not support.'),
    },
  },
  KEY_TAKEN: {
    description: 'The environment already has a JWK with the same key.',
    typeDescription: 'The environment already publishes the key under the same `kid`.',
    details: {
      jwkId: jwkId('The JWK that has the key, or null if it was deleted meanwhile.'),
    },
  },
  ALGORITHM_NOT_ALLOWED: {
    description: 'The key does not support this algorithm for this purpose.',
    typeDescription: 'The key does not support the algorithm for this purpose.',
    details: {
      allowed: texts('Algorithms that the key supports for this purpose; empty if none.'),
    },
  },
  PRIVATE_KEY_NOT_ALLOWED: {
    description: 'The content holds a private key. Nothing was stored.',
    typeDescription: 'The content holds a private key. Trustcast accepts certificates only.',
    details: {},
  },
  PASSWORD_REQUIRED: {
    description: 'The keystore is encrypted. Supply its password.',
    typeDescription: 'The keystore cannot be read without its password.',
    details: {},
  },
  PASSWORD_WRONG: {
    description: 'The password does not open the keystore, or the keystore was modified.',
    typeDescription: 'The password does not open the keystore.',
    details: {},
  },
  MULTIPLE_CERTIFICATES: {
    description: 'The content holds several certificates. Select one by its fingerprint.',
    typeDescription: 'The content holds several certificates; a definition has exactly one.',
    details: {
      fingerprints: texts('SHA-256 fingerprints in the order of the content. Pass one of them as `fingerprint`.'),
    },
  },
  NOT_JAVA_SAFE: {
    description: 'A supported JDK cannot load a truststore that holds this certificate.',
    typeDescription: 'The certificate would make the whole truststore unreadable for a supported JDK.',
    details: {
      rule: text("The rule of Java's parsers that the certificate breaks."),
    },
  },
  MALFORMED_CERTIFICATE: {
    description: 'The content is not a certificate in the given encoding.',
    typeDescription: 'The content cannot be read as a certificate.',
    details: {},
  },
  LIMIT_EXCEEDED: {
    description: 'A limit of the product would be exceeded.',
    typeDescription: 'A number or size exceeds its limit.',
    details: {},
  },
  ISSUER_LIST_TOO_LONG: {
    description:
      'TLS servers in the JVMs would send more anchor subjects than Java clients accept. Set `confirmIssuerList` to deploy all the same.',
    typeDescription:
      'The subjects of all anchors exceed what Java clients accept from a server that requests a client certificate.',
    details: {
      environments: texts('Names of the environments.'),
      bytes: number('Size of the longest list in bytes, including the largest base of the environment.'),
      maxBytes: number('Size in bytes that Java clients accept.'),
    },
  },
  RETRIEVAL_FAILED: {
    description: 'The server did not present certificates. `stage` is the step that failed.',
    typeDescription: 'The certificates could not be retrieved from the server.',
    details: {
      stage: retrievalStage('Stage that failed.'),
    },
  },
  PLAN_CHANGED: {
    description: 'The plan has changed since the preview. Preview it again.',
    typeDescription: 'Something changed since the preview. The answer holds the current plan.',
    details: {},
  },
  RETRUST_NOT_CONFIRMED: {
    description: 'Certificates would be trusted again that `retrust` does not confirm.',
    typeDescription: 'Certificates that were removed would be trusted again. Confirm them in `retrust`.',
    details: {
      fingerprints: texts(
        'SHA-256 fingerprints of the certificates that would be trusted again. Pass them as `retrust`.',
      ),
    },
  },
  UNKNOWN_NOT_CONFIRMED: {
    description: 'The certificates that would be trusted again are not known. `confirmUnknown` confirms that.',
    typeDescription: 'No host has reported the set that it holds. Certificates that were removed may be trusted again.',
    details: {},
  },
  IDEMPOTENCY_KEY_REUSED: {
    description: 'The idempotency key was used for another request.',
    typeDescription: 'The idempotency key was used for another request.',
    details: {},
  },
  INVALID_INPUT: {
    description: 'A field breaks its rule.',
    typeDescription: 'A field breaks its rule.',
    details: {},
  },
} as const satisfies Readonly<Record<string, RefusalEntry>>;
