const lines = (pem: string) => pem.trim().split('\n');
const each = (pem: string, line: (line: string, number: number) => string) => lines(pem).map(line).join('\n');
const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64');
const body = (pem: string) => lines(pem).slice(1, -1).join('');
const qp = (line: string) => line.replaceAll('=', '=3D').replace(/.{61}/g, '$&=\n');
const json = (text: string) => JSON.stringify(text);

/** Ways in which people and programs pass PEM on. Each is given PEM whose body is base64 of DER. */
export const WRAPPINGS: Readonly<Record<string, (pem: string) => string | Uint8Array>> = {
  'JSON of .NET': (pem) => json(pem).replaceAll('+', '\\u002B').replaceAll('=', '\\u003D'),
  'JSON of PHP': (pem) => json(pem).replaceAll('/', '\\/'),
  'JSON in JSON in JSON': (pem) => json(json(json(pem).replaceAll('+', '\\u002B'))),
  'YAML, double quoted and folded': (pem) => `ca: "${lines(pem).join('\\n\\\n  ')}\\n\\\n  "`,
  'YAML block scalar': (pem) => `ca: |\n${each(pem, (line) => `    ${line}`)}\nother: value`,
  'Kubernetes Secret': (pem) => `apiVersion: v1\nkind: Secret\ndata:\n  ca.crt: ${base64(pem)}\n  other: aGVsbG8=\n`,
  'Kubernetes Secret in JSON': (pem) => JSON.stringify({ kind: 'Secret', data: { 'ca.crt': base64(pem) } }, null, 2),
  kubeconfig: (pem) => `- cluster:\n    certificate-authority-data: ${base64(pem)}\n    server: https://h:6443\n`,
  'base64 of PEM': (pem) => base64(pem),
  'base64 of base64 of PEM': (pem) => base64(base64(pem)),
  'base64 of PEM in lines': (pem) => base64(pem).replace(/.{76}/g, '$&\n'),
  'PEM inside PEM': (pem) => `-----BEGIN CERTIFICATE-----\n${base64(pem)}\n-----END CERTIFICATE-----\n`,
  'base64 of base64 of DER': (pem) => base64(body(pem)),
  base64url: (pem) => body(pem).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''),
  'a data: URL': (pem) => `data:application/x-x509-ca-cert;base64,${body(pem)}`,
  'a header of RFC 9440': (pem) => `Client-Cert: :${body(pem)}:`,
  hexadecimal: (pem) => Buffer.from(body(pem), 'base64').toString('hex'),
  'hexadecimal with colons': (pem) =>
    Buffer.from(body(pem), 'base64')
      .toString('hex')
      .toUpperCase()
      .replace(/..(?!$)/g, '$&:'),
  'an array of C': (pem) =>
    Buffer.from(body(pem), 'base64')
      .toString('hex')
      .replace(/../g, '0x$&, ')
      .replace(/(.{72})/g, '$1\n'),
  'x5c of a JWK': (pem) => JSON.stringify({ keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB', x5c: [body(pem)] }] }),
  'SAML metadata': (pem) => `<ds:X509Data><ds:X509Certificate>\n${body(pem)}\n</ds:X509Certificate></ds:X509Data>`,
  'a property list': (pem) => `<key>Content</key><data>\n${body(pem).replace(/.{52}/g, '\t\t$&\n')}\n</data>`,
  LDIF: (pem) => `dn: cn=ca\ncACertificate;binary:: ${body(pem).replace(/(.{51})/g, '$1\n ')}\ncn: ca\n`,
  'percent-encoding': (pem) => encodeURIComponent(pem),
  'percent-encoding twice': (pem) => encodeURIComponent(encodeURIComponent(pem)),
  'a form': (pem) => `a=b&cert=${encodeURIComponent(pem).replaceAll('%20', '+')}&c=d`,
  'X-Forwarded-Client-Cert': (pem) => `By=spiffe://a;Hash=00;Cert="${encodeURIComponent(pem)}";Subject="CN=x"`,
  'HTML entities': (pem) => pem.replaceAll('+', '&#43;').replaceAll('/', '&#x2F;').replaceAll('=', '&equals;'),
  'HTML line breaks': (pem) => `<pre>${lines(pem).join('<br />')}</pre>`,
  'an HTML attribute': (pem) => `<input value="${lines(pem).join('&#13;&#10;')}">`,
  'HTML escaped twice': (pem) => pem.replaceAll('+', '&amp;#43;').replaceAll('\n', '&amp;nbsp;\n'),
  'Rich Text Format': (pem) => `{\\rtf1\\ansi\\f0\\fs20 ${lines(pem).join('\\par\n')}\\par}`,
  'quoted-printable': (pem) => each(pem, qp),
  'a mail, quoted twice': (pem) => each(pem, (line) => `> > ${line}`),
  'a bar before each line': (pem) => each(pem, (line) => `| ${line}`),
  'line numbers': (pem) => each(pem, (line, number) => `${String(number + 1).padStart(4)}  ${line}`),
  'line numbers with a bar': (pem) => each(pem, (line, number) => `${number + 98}| ${line}`),
  'a diff': (pem) => each(pem, (line) => `+${line}`),
  'comments with #': (pem) => each(pem, (line) => `# ${line}`),
  'comments with //': (pem) => each(pem, (line) => `  // ${line}`),
  'a comment of Java': (pem) => `/**\n${each(pem, (line) => ` * ${line}`)}\n */`,
  'literals of C': (pem) => each(pem, (line) => `"${line}\\n" \\`),
  'literals of Python': (pem) => each(pem, (line) => `    b"${line}\\n"`),
  'literals of PHP': (pem) => each(pem, (line) => `'${line}'."\\n".`),
  'literals of Visual Basic': (pem) => each(pem, (line) => `"${line}" & vbCrLf & _`),
  'literals of Java': (pem) => each(pem, (line) => `            + "${line}\\r\\n"`),
  'a literal of PowerShell': (pem) => `"${lines(pem).join('`r`n')}"`,
  'octal escapes': (pem) => lines(pem).join('\\012'),
  'a properties file': (pem) => `cert=${lines(pem).join('\\n\\\n    ')}`,
  'a backslash at the end of each line': (pem) => lines(pem).join('\\\n'),
  'an env file': (pem) => `CA_CERT="${lines(pem).join('\\n')}"\nOTHER=1\n`,
  'RFC 1421 headers': (pem) => pem.replace('-----\n', '-----\nSubject: CN=x\n  and more\nIssuer: CN=y\n\n'),
  'UTF-32': (pem) => {
    const units = Buffer.from(`\ufeff${pem}`, 'utf16le');
    return Buffer.concat(
      Array.from({ length: units.length / 2 }, (_, at) =>
        Buffer.from([units[2 * at] ?? 0, units[2 * at + 1] ?? 0, 0, 0]),
      ),
    );
  },
  'bytes of Latin-1 around it': (pem) => Buffer.concat([Buffer.from('Schl\xfcssel\n', 'latin1'), Buffer.from(pem)]),
  'dashes of Windows-1252': (pem) => Buffer.from(pem.replaceAll('-----', '\x97\x97-'), 'latin1'),
  'UTF-8 dashes beside bytes of Latin-1': (pem) =>
    Buffer.concat([Buffer.from('\xfc\n', 'latin1'), Buffer.from(pem.replaceAll('-----', '\u2013'.repeat(5)))]),
  'one dash': (pem) => pem.replaceAll('-----', '-'),
  'no dashes': (pem) => pem.replaceAll('-----', ''),
  'eleven dashes': (pem) => pem.replaceAll('-----', '-----------'),
  'dashes with spaces': (pem) => pem.replaceAll('-----', '- - - - -'),
  'labels in lower case': (pem) => each(pem, (line) => (line.startsWith('-----') ? line.toLowerCase() : line)),
  'an underscore in its labels': (pem) => pem.replace(/(BEGIN|END) /g, '$1_'),
  'a plus sign in its labels': (pem) => pem.replace(/(BEGIN|END) /g, '$1+'),
  ...Object.fromEntries(
    [
      '\u00a0',
      '\u00ad',
      '\u0085',
      '\u2028',
      '\u200b',
      '\u200e',
      '\u202b',
      '\u2068',
      '\u3000',
      '\ufe0f',
      '\ufffc',
      '\u180e',
      '\f',
    ].map((mark) => [
      `U+${mark.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')} at the end of each line`,
      (pem: string) => lines(pem).join(`${mark}\n`),
    ]),
  ),
  ...Object.fromEntries(
    ['\u2010', '\u2011', '\u2014', '\u2212', '\u2500', '\ufe58', '\ufe63', '\uff0d'].map((dash) => [
      `dashes of U+${dash.charCodeAt(0).toString(16).toUpperCase()}`,
      (pem: string) => pem.replaceAll('-', dash),
    ]),
  ),
};
