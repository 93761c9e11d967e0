// node inspect-certificates.mjs < FILE: says of each certificate what it is and whether every JVM can have it in a truststore.
import { readFileSync } from 'node:fs';
import {
  NotJavaSafeError,
  assertJavaSafe,
  certificateFields,
  certificateWarnings,
  readCertificates,
} from '@trustcast/x509';

for (const der of readCertificates(readFileSync(process.stdin.fd))) {
  try {
    assertJavaSafe(der);
    const fields = certificateFields(der);
    console.log(`${fields.subject}: SHA-256 ${fields.fingerprintSha256}`);
    for (const { code, message } of certificateWarnings(fields, new Date())) console.log(`  ${code}: ${message}`);
  } catch (error) {
    if (!(error instanceof NotJavaSafeError)) throw error;
    console.log(`refused, ${error.rule}: ${error.message}`);
  }
}
