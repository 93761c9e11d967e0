// node inspect-certificates.mjs < FILE: says of each certificate what it is and whether every JVM can have it in a truststore.
import { readFileSync } from 'node:fs';
import {
  IntakeError,
  NoCertificateError,
  NotJavaSafeError,
  PrivateKeyNotAllowedError,
  assertJavaSafe,
  certificateFields,
  certificateWarnings,
  readCertificateItems,
} from '@trustcast/x509';

const REFUSALS = [IntakeError, NoCertificateError, NotJavaSafeError, PrivateKeyNotAllowedError];

function describe(der) {
  assertJavaSafe(der);
  const fields = certificateFields(der);
  console.log(`${fields.subject}: SHA-256 ${fields.fingerprintSha256}`);
  for (const { code, message } of certificateWarnings(fields, new Date())) console.log(`  ${code}: ${message}`);
}

function sayRefusal(error) {
  if (!REFUSALS.some((kind) => error instanceof kind)) throw error;
  console.log(`refused, ${error.rule ?? error.code}: ${error.message}`);
  process.exitCode = 1;
}

try {
  for (const { der, error } of readCertificateItems(readFileSync(process.stdin.fd))) {
    try {
      if (error) throw error;
      describe(der);
    } catch (refusal) {
      sayRefusal(refusal);
    }
  }
} catch (refusal) {
  sayRefusal(refusal);
}
