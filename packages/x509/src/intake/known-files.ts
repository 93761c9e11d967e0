/** First bytes of files that are no certificates, as characters of Latin-1, and the way out. */
const BEGINNINGS: readonly (readonly [string, string])[] = [
  ['\x1f\x8b', 'this is a gzip file: unpack it first'],
  ['PK\x03\x04', 'this is a ZIP file: unpack it first, and give the certificates in it'],
  ['BZh', 'this is a compressed file: unpack it first'],
  ['\xfd7zXZ', 'this is a compressed file: unpack it first'],
  ['7z\xbc\xaf', 'this is a compressed file: unpack it first'],
  ['%PDF-', 'this is a PDF: export the certificate itself, as PEM or DER'],
  ['\xd0\xcf\x11\xe0', 'this is a file of an office program: export the certificate itself, as PEM or DER'],
  ['\x89PNG', 'this is a picture: give the certificate as text or as a file'],
  ['\xff\xd8\xff', 'this is a picture: give the certificate as text or as a file'],
  ['age-encryption.org', 'this is encrypted by age: decrypt it first'],
];

/** Words of texts that hold no certificate. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  // Base64 of gzip, once or twice: releases of Helm, data of virtual machines.
  [
    /(?<![A-Za-z0-9+/])(?:H4sI|SDRzS)[A-Za-z0-9+/]{28}/,
    'this holds a gzip file in base64: decode and unpack it first (base64 -d | gunzip)',
  ],
  [/^\s{0,64}(?:<!doctype html|<html)/i, 'this is an HTML page without a certificate: download the certificate itself'],
  [/^\s{0,64}\$ANSIBLE_VAULT/, 'this is encrypted by Ansible Vault: decrypt it first'],
  [
    /^\s{0,64}(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-|sk-ssh-)/,
    'this is an SSH key: SSH keys are no X.509 certificates',
  ],
  [/(?:^|\n)sops:/, 'this is encrypted by sops: decrypt it first'],
];

/** Names a known kind of content that holds no certificate; undefined for anything else. */
export function knownFile(start: string): string | undefined {
  return BEGINNINGS.find(([sign]) => start.startsWith(sign))?.[1] ?? WORDS.find(([sign]) => sign.test(start))?.[1];
}
