import { LIMITS } from '@trustcast/schema/limits.js';
import { Asn1Error } from '@trustcast/keystore';
import { demandSignatureAlgorithm, readAlgorithm } from './algorithm-identifier.js';
import { certificateParts, type CertificateParts } from './certificate-parts.js';
import { demand } from './demand.js';
import { nameAttributes } from './distinguished-name.js';
import { NotJavaSafeError } from './errors.js';
import { EXTENSION_OID, demandExtensions, demandReadable } from './extension-rules.js';
import { demandProviderSafe } from './provider-rules.js';
import { describePublicKey } from './public-key-rules.js';

/**
 * Bytes of the longest subject that is admitted, in DER. A JSSE server sends the subjects of all its anchors to clients,
 * and Java's clients end the handshake above 32,768 bytes in all (jdk.tls.maxHandshakeMessageSize).
 */
export const MAX_SUBJECT_BYTES = 2_048;

/**
 * The Java-safe gate: returns for a certificate that every supported JDK loads from a truststore.
 *
 * Java parses a certificate when it opens the truststore that holds it, and one failure makes the whole file unreadable.
 * So the gate is stricter than any parser: where it is in doubt, it refuses.
 *
 * @throws NotJavaSafeError naming the rule
 */
export function assertJavaSafe(der: Uint8Array): void {
  demand(der.byteLength <= LIMITS.derBytes, 'STRUCTURE', `the certificate has more than ${LIMITS.derBytes} bytes`);
  try {
    const parts = certificateParts(der);
    checkRules(parts);
    demandProviderSafe(parts, der);
  } catch (cause) {
    if (cause instanceof Asn1Error) throw new NotJavaSafeError('DER', cause.message, { cause });
    throw cause;
  }
}

function checkRules(parts: CertificateParts): void {
  const { version, extensions, uniqueIds } = parts;
  demand(
    extensions.length === 0 || version === 3,
    'VERSION',
    `the certificate has extensions, but its version is ${version}`,
  );
  demand(
    uniqueIds.length === 0 || version > 1,
    'UNIQUE_ID',
    'the certificate has unique identifiers, but its version is 1',
  );

  const algorithm = readAlgorithm(parts.signatureAlgorithm, 'SIGNATURE_ALGORITHM');
  demandSignatureAlgorithm(algorithm);
  demand(
    parts.signatureAlgorithm.equals(parts.outerSignatureAlgorithm),
    'SIGNATURE_ALGORITHM_MISMATCH',
    'the inner and outer signature algorithms differ',
  );
  demand(nameAttributes(parts.issuer).length > 0, 'EMPTY_ISSUER', 'the issuer is empty');
  demand(
    parts.subject.length <= MAX_SUBJECT_BYTES,
    'SUBJECT_TOO_LONG',
    `the subject has ${parts.subject.length} bytes; at most ${MAX_SUBJECT_BYTES} are accepted`,
  );
  describePublicKey(parts.publicKeyInfo);
  demandExtensions(extensions);
  if (nameAttributes(parts.subject).length > 0) return;
  const names = extensions.find(({ oid }) => oid === EXTENSION_OID.subjectAlternativeName);
  demand(
    names?.critical === true,
    'EMPTY_SUBJECT',
    'the subject is empty and there is no critical subject alternative name',
  );
  demandReadable(names);
}
