export * from './agent/agent-of-itself.js';
export * from './agent/agent-status.js';
export * from './text/alias.js';
export * from './agent/base-report.js';
export * from './nats/certificate-expiring.js';
export * from './set/certificate-set.js';
export * from './nats/change-message.js';
export * as decode from './text/decode.js';
export * from './text/environment-name.js';
export * from './text/fingerprint.js';
export * from './agent/held-set.js';
export { HOST_FACTS, type HostFact, type HostFacts, factsOf, hostFacts } from './agent/host-facts.js';
export * from './agent/enrollment.js';
export * from './agent/enrollment-token.js';
export * from './certificate-texts.js';
export * from './environment-kind.js';
export * from './errors.js';
export * from './jvm/jvm-state.js';
export * from './jvm/jvm-status.js';
export * from './agent/left-out.js';
export { MAX_QUARANTINED, type QuarantineReport, type QuarantinedEntry } from './agent/quarantine.js';
export {
  type KeyDocument,
  type KeyList,
  type ListedKey,
  type Root,
  type StartPosition,
  KEY_LIST_TYPE,
  ROOT_TYPE,
  decodeKeyDocument,
  decodeKeyList,
  decodeRoot,
  parseKeyDocument,
  rootIdOf,
} from './keys/key-document.js';
export { type MultiSigned, signAlso, signersOf, unsigned } from './keys/multi-signed.js';
export { type TrustedKeys, KeyListError, keysAt, verifyKeyDocument } from './keys/trusted-keys.js';
export * from './limits.js';
export * from './nats/nats-user.js';
export { isLoopback, plainServers } from './nats/plain-servers.js';
export { type PartialField } from './agent/partial.js';
export { OTHER_TRUST_KINDS, type OtherTrust, type OtherTrustKind } from './jvm/other-trust.js';
export * from './text/plain-text.js';
export * from './set/position.js';
export * from './agent/registration.js';
export * from './signed/ed25519-key.js';
export * from './signed/signed-document.js';
export * from './signed/http-signature.js';
export * from './signed/statement.js';
export * from './jvm/status-lock.js';
export * from './nats/subjects.js';
