// Writes and reads with node-forge: see ../records.ts for what the printed lines mean.
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import forge from 'node-forge';

const TOOL = 'node-forge';
const PASSWORD = 'changeit';
const folder = process.argv[2];
const say = (...fields) => console.log(fields.map((field) => String(field).replace(/[\t\n]/g, ' ')).join('\t'));
const binary = (name) => readFileSync(join(folder, name), 'latin1');
const keep = (form, name, password, count, make) => {
  try {
    writeFileSync(join(folder, name), make(), 'latin1');
    say('wrote', TOOL, form, name, password, count);
  } catch (error) {
    say('failed', TOOL, form, error.message);
  }
};
const read = (form, count) => {
  try {
    say('read', TOOL, form, count());
  } catch (error) {
    say('unread', TOOL, form, error.message);
  }
};
const der = (asn1) => forge.asn1.toDer(asn1).getBytes();

say('version', TOOL, createRequire(import.meta.url)('node-forge/package.json').version);
// It knows RSA alone.
const certificate = forge.pki.certificateFromPem(binary('root.pem'));
const key = forge.pki.privateKeyFromPem(binary('key.pem'));
for (const algorithm of ['3des', 'aes128', 'aes192', 'aes256']) {
  for (const count of [2_048, 600_000]) {
    const how = `${algorithm}, ${count.toLocaleString('en')} iterations`;
    const options = { algorithm, count, friendlyName: 'server' };
    keep(`PKCS#12 with a key, ${how}`, `forge-key-${algorithm}-${count}.p12`, PASSWORD, 1, () =>
      der(forge.pkcs12.toPkcs12Asn1(key, [certificate], PASSWORD, options)),
    );
    if (count === 2_048)
      keep(`PKCS#12 of a certificate, ${how}`, `forge-${algorithm}.p12`, PASSWORD, 1, () =>
        der(forge.pkcs12.toPkcs12Asn1(null, [certificate], PASSWORD, options)),
      );
  }
}
keep('PKCS#12 of a certificate, without a MAC', 'forge-nomac.p12', PASSWORD, 1, () =>
  der(forge.pkcs12.toPkcs12Asn1(null, [certificate], PASSWORD, { useMac: false })),
);
keep('PEM', 'forge.pem', '', 1, () => forge.pki.certificateToPem(certificate));
keep('DER', 'forge.der', '', 1, () => der(forge.pki.certificateToAsn1(certificate)));
const message = forge.pkcs7.createSignedData();
message.addCertificate(certificate);
keep('P7B, PEM', 'forge-pem.p7b', '', 1, () => forge.pkcs7.messageToPem(message));
keep('P7B, DER', 'forge-der.p7b', '', 1, () => der(message.toAsn1()));

const asn1 = (name) => forge.asn1.fromDer(binary(name));
const bags = (name, ...password) =>
  forge.pkcs12.pkcs12FromAsn1(asn1(name), ...password).getBags({ bagType: forge.pki.oids.certBag })[
    forge.pki.oids.certBag
  ].length;
read('plain', () => bags('ours-plain.p12'));
read('mac', () => bags('ours-mac.p12', PASSWORD));
read('encrypted', () => bags('ours-encrypted.p12', PASSWORD));
read(
  'pem',
  () =>
    forge.pem.decode(binary('ours.pem')).map(({ body }) => forge.pki.certificateFromAsn1(forge.asn1.fromDer(body)))
      .length,
);
read('der', () => [forge.pki.certificateFromAsn1(asn1('ours.der'))].length);
read('p7b', () => forge.pkcs7.messageFromAsn1(asn1('ours.p7b')).certificates.length);
