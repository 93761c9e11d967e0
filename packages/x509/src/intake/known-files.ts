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

const OPENSSL = 'give what openssl x509 -in FILE prints';

/** What programs show of certificates: fields, listings and dumps out of which no certificate can be made again. */
const LISTINGS: readonly (readonly [RegExp, string])[] = [
  [
    /(?:^|\n)[\s>|#*]{0,64}\d{1,8}:d=\d{1,3}\s{1,4}hl=\d|(?:^|\n)\s{0,16}\d{1,8}\s{1,8}\d{1,8}: {1,64}(?:SEQUENCE|SET) \{/,
    `this is a listing of ASN.1, as openssl asn1parse shows it, without the certificate itself: ${OPENSSL}`,
  ],
  [
    /(?:^|\n)[\s>|#*]{0,64}Certificate (?:Request|Revocation List)\b[^\n]{0,64}:\s{0,16}\n/i,
    'these are the fields of a certificate request or a revocation list, which are no certificates: give the certificate itself',
  ],
  [
    /Certificate::(?:LocalMachine|CurrentUser)|(?:^|\n)\s{0,16}Thumbprint\s{1,64}(?::|Subject)/i,
    'this is what PowerShell shows of certificates, without the certificates themselves: ' +
      'Export-Certificate -Cert Cert:\\LocalMachine\\Root\\THUMBPRINT -FilePath FILE.cer writes one',
  ],
  [
    /={8,32} (?:Certificate|Zertifikat|Certificat|Certificado|Certificato) \d|(?:^|\n)\s{0,16}X\.?509[- ](?:Certificate|Zertifikat):/i,
    'this is what certutil of Windows shows, without the certificate itself: certutil -store Root SERIALNUMBER FILE.cer writes a ' +
      'certificate of a store, and a file that certutil -dump shows is read as it is',
  ],
  [
    /Certificate Nickname\s{1,64}Trust Attributes/,
    'this is a listing of an NSS database, without the certificates themselves: certutil -L -d FOLDER -n NICKNAME -a prints one',
  ],
  [
    /(?:^|\n)[\s>|#*]{0,64}(?:Keystore type|Keystore-Typ): |Your keystore contains \d/i,
    'this is what keytool -list shows, without the certificates themselves: give the keystore, or what keytool -list -rfc prints',
  ],
  [
    /(?:^|\n)[\s>|#*]{0,64}(?:Owner|Eigent\u00fcmer): [^\n]{1,2048}\n[\s>|#*]{0,64}(?:Issuer|Aussteller): /,
    'this is what keytool shows of a certificate, without the certificate itself: give what keytool -printcert -rfc -file FILE prints',
  ],
  [
    /\[\s{0,64}Version: V[123]\s{0,64}Subject: /,
    'this is how Java prints a certificate, without the certificate itself: give its getEncoded() in base64',
  ],
  [
    /(?:^|\n)keychain: "/,
    'this is a listing of a keychain, without the certificates themselves: security find-certificate -a -p prints them',
  ],
  [
    /(?:^|\n)[A-Za-z0-9_.-]{1,253}:\s{1,64}\d{1,9} bytes\b/,
    'this is what kubectl describe shows, without the values themselves: give what kubectl get secret NAME -o yaml prints',
  ],
  [
    /(?:^|\n)[\s>|#*]{0,64}Certificate:\s{0,16}\n[\s>|#*]{0,64}Data:|X\.509 Certificate Information:|(?:^|\n)[\s>|#*]{0,64}(?:(?:SHA-?\d{1,3}|MD5) Fingerprint|subject|issuer|notBefore|notAfter) ?=/i,
    `these are the fields of a certificate, as openssl x509 -text shows them, without the certificate itself: ${OPENSSL}`,
  ],
  [
    /(?:^|\n)[\s>|#*]{0,64}0{4,8}:?[ \t]{1,8}(?:[01]{8}|[0-9a-f]{2,8})[ \t]{1,2}[0-9a-f]{2}/i,
    'this is a dump, in which no certificate was found: give the file itself, or a dump of its bytes in their order, as xxd FILE prints it',
  ],
  [
    /^\s{0,64}(?:(?:SHA-?\d{1,3}|MD5|Thumbprint|Fingerprint)[ :=]{1,8}){0,3}(?:[0-9a-f]{2}[: ]?){19,31}[0-9a-f]{2}\s{0,64}$/i,
    'this is a fingerprint, and no certificate can be made of it: give the certificate itself',
  ],
  [
    /^\s{0,64}(?:(?:https?|ldaps?|file):\/\/|[A-Z]:\\|~?\/)[^\n]{1,2048}\.(?:crt|cer|pem|der|p7b|p7c|jks|p12|pfx)["']?\s{0,64}$/i,
    'this is the name of a file: give what stands in it',
  ],
];

/** Names a known kind of content that holds no certificate; undefined for anything else. */
export function knownFile(start: string): string | undefined {
  return (
    BEGINNINGS.find(([sign]) => start.startsWith(sign))?.[1] ??
    [...WORDS, ...LISTINGS].find(([sign]) => sign.test(start))?.[1]
  );
}
