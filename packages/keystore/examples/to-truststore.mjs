// node to-truststore.mjs KEYSTORE PASSWORD TRUSTSTORE: writes the certificates of a JKS, JCEKS or PKCS#12 file as a PKCS#12
// truststore that every JVM opens without a password.
import { readFileSync, writeFileSync } from 'node:fs';
import { KeystoreError, readKeystore, writePkcs12 } from '@trustcast/keystore';

const [keystore, password, truststore] = process.argv.slice(2);
try {
  const { format, entries } = readKeystore(readFileSync(keystore), { password });
  if (entries.length === 0) {
    console.error(`${format}: no entry that Java trusts, and no truststore was written`);
    process.exitCode = 1;
  } else {
    writeFileSync(truststore, writePkcs12(entries));
    console.log(`${format}: ${entries.map(({ alias }) => alias).join(', ')}`);
  }
} catch (error) {
  if (!(error instanceof KeystoreError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
