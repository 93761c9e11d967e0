import { type Carrier, base64, bodyOf, derOf, eachLine, indented, linesOf, wrapped } from './carrier.js';

const secret = (name: string, pem: string) =>
  `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${name}\ntype: Opaque\ndata:\n  ca.crt: ${base64(pem)}\n  other: aGVsbG8gd29ybGQ=\n`;
const secretJson = (pem: string) => ({ kind: 'Secret', data: { 'ca.crt': base64(pem), user: base64('admin') } });

/** YAML, JSON and what else programs are configured with. */
export const CONFIGURATION: Readonly<Record<string, Carrier>> = {
  'a JSON array, indented': (pems) => JSON.stringify(pems, null, 2),
  'lines of JSON': (pems) => pems.map((pem) => JSON.stringify({ level: 'info', cert: pem })).join('\n'),
  'JSON in which every character is escaped': (pems) =>
    `{"cert":"${Array.from(pems.join(''), (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"}`,
  'JSON escaped twice, as .NET and PHP escape it': (pems) =>
    JSON.stringify({
      body: JSON.stringify({ ca: pems.join('') })
        .replaceAll('+', '\\u002b')
        .replaceAll('/', '\\/'),
    }),
  'JSON of a secret store': ([first = '', ...rest]) =>
    JSON.stringify({ data: { certificate: first.trimEnd(), issuing_ca_chain: rest.map((pem) => pem.trimEnd()) } }),
  'JSON with fields of a cloud': ([first, ...rest]) =>
    JSON.stringify({ CertificateBody: first, CertificateChain: rest.join('') }, null, 4),
  'Terraform state': (pems) =>
    JSON.stringify({ resources: pems.map((cert_pem) => ({ instances: [{ attributes: { cert_pem } }] })) }, null, 2),
  'JWKS with several keys': (pems) =>
    JSON.stringify(
      { keys: pems.map((pem) => ({ kty: 'EC', crv: 'P-256', kid: 'a', x: 'AQAB', y: 'AQAB', x5c: [bodyOf(pem)] })) },
      null,
      2,
    ),
  'JWKS with one chain, slashes escaped': (pems) =>
    JSON.stringify({ keys: [{ kty: 'RSA', e: 'AQAB', n: 'AQAB', x5c: pems.map(bodyOf) }] }).replaceAll('/', '\\/'),
  'a JSON buffer of Node': (pems) => JSON.stringify(pems.map((pem) => derOf(pem))),
  'a list of Secrets': (pems) =>
    `apiVersion: v1\nkind: List\nitems:\n${pems.map((pem, at) => `- ${indented(secret(`s${at}`, pem), '  ').trimStart()}`).join('\n')}\n`,
  'a list of Secrets in JSON': (pems) => JSON.stringify({ kind: 'List', items: pems.map(secretJson) }, null, 4),
  'Secrets as documents': (pems) => pems.map((pem, at) => secret(`s${at}`, pem)).join('---\n'),
  'a Secret with folded base64': (pems) =>
    `kind: Secret\ndata:\n  ca-bundle.crt: >-\n    ${wrapped(base64(pems.join('')), 60, '\n    ')}\n  z: YQ==\n`,
  'a Secret with its base64 in quotes': (pems) => `data:\n  "ca.crt": "${base64(pems.join(''))}"\n`,
  'stringData of a Secret': (pems) => `kind: Secret\nstringData:\n  ca.crt: |-\n${indented(pems.join(''), '    ')}\n`,
  'a ConfigMap': (pems) =>
    `kind: ConfigMap\ndata:\n${pems.map((pem, at) => `  ca-${at}.crt: |\n${indented(pem, '    ')}`).join('\n')}\n`,
  'caBundle of a webhook': (pems) => `webhooks:\n- clientConfig:\n    caBundle: ${base64(pems.join('\n'))}\n`,
  'kubeconfig with several clusters': (pems) =>
    `apiVersion: v1\nkind: Config\nclusters:\n${pems
      .map(
        (pem, at) =>
          `- name: c${at}\n  cluster:\n    certificate-authority-data: ${base64(pem)}\n    server: https://c${at}:6443`,
      )
      .join('\n')}\ncurrent-context: c0\n`,
  'kubeconfig in JSON': (pems) =>
    JSON.stringify({ clusters: pems.map((pem) => ({ cluster: { 'certificate-authority-data': base64(pem) } })) }),
  'YAML, literal with an indentation indicator': (pems) => `ca: |2-\n${indented(pems.join(''), '  ')}\nb: 1\n`,
  'YAML, folded with empty lines': (pems) => `ca: >\n${eachLine(pems, (line) => `  ${line}\n`)}\nb: 1\n`,
  'YAML, single quoted': (pems) =>
    `ca: '${eachLine(pems, (line, at) => (at === 0 ? line : `  ${line}`)).replaceAll('\n', '\n\n')}'\n`,
  'YAML, double quoted with empty lines': (pems) => `ca: "${linesOf(pems.join('')).join('\n\n  ')}"\nb: c\n`,
  'YAML, double quoted in one line': (pems) => `a:\n  ca: "${linesOf(pems.join('')).join('\\n')}\\n"\n`,
  // A chunk that would begin with a space gets a backslash before it; no escape is cut in two.
  'YAML, folded by a library': (pems) =>
    `ca: "${(
      linesOf(pems.join(''))
        .join('\\n')
        .match(/(?:\\n|[^\\]){1,77}/g) ?? []
    )
      .map((chunk) => chunk.replace(/^ /, '\\ '))
      .join('\\\n  ')}"\n`,
  'YAML, a flow list': (pems) => `cas: [${pems.map((pem) => JSON.stringify(pem)).join(', ')}]\n`,
  'YAML, a list of literals': (pems) =>
    `trusted:\n${pems.map((pem) => `  - |\n${indented(pem, '    ')}`).join('\n')}\n`,
  'YAML, binary': (pems) => pems.map((pem) => `ca: !!binary |\n  ${wrapped(bodyOf(pem), 76, '\n  ')}\n`).join(''),
  'values of Helm': (pems) =>
    `global:\n  tls:\n    # the CA of the proxy\n    caBundle: |-\n${indented(pems.join('\n'), '      ')}\n  replicas: 2\n`,
  'a Terraform heredoc': (pems) =>
    `variable "ca" {\n  default = <<-EOT\n${indented(pems.join(''), '    ')}\n  EOT\n}\n`,
  'Terraform base64decode': (pems) => `ca = base64decode("${base64(pems.join(''))}")\n`,
  'an .env file with line ends': (pems) => `A=1\nCA_BUNDLE="${pems.join('').trimEnd()}"\nB='2'\n`,
  'an .env file with escapes': (pems) => `A=1\nCA="${linesOf(pems.join('')).join('\\n')}"\nB=2\n`,
  'an .env file with escapes and no quotes': (pems) => `CA=${linesOf(pems.join('')).join('\\n')}\nB=2\n`,
  'an .env file with doubled backslashes': (pems) => `CA='${linesOf(pems.join('')).join('\\\\n')}'\n`,
  'docker compose with spaces for line ends': (pems) => `environment:\n  - CA=${linesOf(pems.join('')).join(' ')}\n`,
  'a properties file as Java stores it': (pems) =>
    `#Sat Nov 28\nca=${linesOf(pems.join('')).join('\\n').replaceAll('=', '\\=')}\\n\nother=x\\:y\n`,
  TOML: (pems) => `[tls]\nca = """\n${pems.join('')}"""\n`,
  'an INI file with continued lines': (pems) => `[ca]\npem = ${linesOf(pems.join('')).join('\n\t')}\n[b]\nx = 1\n`,
  'a plist with several payloads': (pems) =>
    `<?xml version="1.0"?>\n<plist version="1.0"><array>\n${pems
      .map(
        (pem) =>
          `<dict>\n\t<key>PayloadContent</key>\n\t<data>\n\t${wrapped(bodyOf(pem), 52, '\n\t')}\n\t</data>\n</dict>`,
      )
      .join('\n')}\n</array></plist>\n`,
  'a plist with PEM in base64': (pems) =>
    `<plist><dict><key>PayloadContent</key><data>${wrapped(base64(pems.join('')), 68)}</data></dict></plist>`,
  'SAML metadata with several keys': (pems) =>
    `<md:EntityDescriptor><md:IDPSSODescriptor>${pems
      .map(
        (pem, at) =>
          `<md:KeyDescriptor use="${at === 0 ? 'signing' : 'encryption'}"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${bodyOf(pem)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`,
      )
      .join('')}</md:IDPSSODescriptor></md:EntityDescriptor>`,
  'SAML metadata with carriage returns': (pems) =>
    pems.map((pem) => `<X509Certificate>${wrapped(bodyOf(pem), 76, '&#xD;\n')}</X509Certificate>`).join('\r\n'),
  'SAML metadata with CDATA': (pems) =>
    pems.map((pem) => `<dsig:X509Certificate>\n   <![CDATA[\n${bodyOf(pem)}\n]]></dsig:X509Certificate>`).join('\n'),
  'XML in JSON': (pems) =>
    JSON.stringify({
      metadata: pems.map((pem) => `<X509Certificate>\n${wrapped(bodyOf(pem), 64)}\n</X509Certificate>`).join(''),
    }),
  'LDIF folded at 76': (pems) =>
    `version: 1\n\n${pems
      .map(
        (pem, at) =>
          `dn: cn=ca${at},o=x\nobjectClass: pkiCA\n${ldif(`cACertificate;binary:: ${bodyOf(pem)}`)}\ncn: ca${at}\n`,
      )
      .join('\n')}`,
  'LDIF with several values and CRLF': (pems) =>
    `dn: cn=u\n${pems.map((pem) => ldif(`userCertificate;binary:: ${bodyOf(pem)}`)).join('\n')}\nsn: u\n`.replaceAll(
      '\n',
      '\r\n',
    ),
  'an SQL dump': (pems) => pems.map((pem) => `INSERT INTO c VALUES (1,'${linesOf(pem).join('\\n')}\\n');`).join('\n'),
  'a dump of bytea': (pems) => pems.map((pem) => `1\t\\\\x${derOf(pem).toString('hex')}`).join('\n'),
  CSV: (pems) => `id,pem\n${pems.map((pem, at) => `${at},"${pem}"`).join('\n')}\n`,
  'SAML metadata, escaped': (pems) =>
    `&lt;md:X&gt;${pems.map((pem) => `&lt;ds:X509Certificate&gt;\n${bodyOf(pem)}\n&lt;/ds:X509Certificate&gt;`).join('')}&lt;/md:X&gt;`,
  'an attribute of XML': (pems) => pems.map((pem) => `<trust alias="a" certificate="${bodyOf(pem)}"/>`).join('\n'),
  'an attribute of XML with line ends': (pems) =>
    pems.map((pem) => `<trust certificate="${linesOf(pem).join('&#10;')}&#10;" id="x"/>`).join('\n'),
  'a comment in XML': (pems) => `<a><!-- ${pems.join('')} --></a>`,
  'a signed token': (pems) =>
    `${Buffer.from(JSON.stringify({ alg: 'RS256', x5c: pems.map(bodyOf) })).toString('base64url')}.e30.c2ln`,
  'JSON in a Secret': (pems) => `data:\n  config.json: ${base64(JSON.stringify({ ca: pems }))}\n`,
  'YAML in base64 in JSON': (pems) => JSON.stringify({ content: base64(`ca: |\n${indented(pems.join(''), '  ')}\n`) }),
  'a Secret whose values are DER': (pems) =>
    `data:\n${pems.map((pem, at) => `  ca${at}.der: ${bodyOf(pem)}\n`).join('')}`,
  'a zone file': (pems) => pems.map((pem) => `ca CERT PKIX 1 8 (\n\t${wrapped(bodyOf(pem), 56, '\n\t')} )`).join('\n'),
  'a vCard': (pems) =>
    `BEGIN:VCARD\r\n${pems.map((pem) => `KEY;ENCODING=b:${wrapped(bodyOf(pem), 70, '\r\n ')}\r\n`).join('')}END:VCARD\r\n`,
  'cloud-init': (pems) =>
    `#cloud-config\nca_certs:\n  trusted:\n${pems.map((pem) => `  - |\n${indented(pem, '   ')}`).join('\n')}\n`,
  'Ansible, an indented variable': (pems) =>
    `- hosts: all\n  vars:\n    ca: "{{ lookup('x') | default('${linesOf(pems.join('')).join('\\n')}') }}"\n`,
  'an OpenVPN profile': (pems) => `client\n<ca>\n${pems.join('')}</ca>\n<tls-auth>\n</tls-auth>\n`,
  'a Junos configuration': (pems) => `set security pki ca "${linesOf(pems.join('')).join('\\n')}"`,
  'Rich Text with code points': (pems) =>
    `{\\rtf1\\ansi ${linesOf(pems.join('')).join('\\line\r\n').replaceAll('-----', '\\u8211?\\u8211?\\u8211?')}}`,
};

function ldif(line: string): string {
  return [line.slice(0, 76), ...(line.slice(76).match(/.{1,75}/g) ?? [])].join('\n ');
}
