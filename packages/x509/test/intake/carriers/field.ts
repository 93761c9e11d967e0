import { type Carrier, base64, bodyOf, derOf, eachLine, indented, linesOf, wrapped } from './carrier.js';

/** What devices, databases, terminals, logs and languages make of certificates, as it was met in the field. */
export const FIELD: Readonly<Record<string, Carrier>> = {
  'yaml list of literals with comments': (pems) =>
    `# trusted roots\ncas:\n${pems.map((x, i) => `  # number ${i}: valid to 2030\n  - |  # keep\n${indented(x, '      ')}\n`).join('')}  # end\nother: 1\n`,
  'yaml literal with comments between blocks inside': (pems) =>
    `ca: |+\n${pems.map((x, i) => `  # CN=root ${i}, O=Ex\n${indented(x, '  ')}\n`).join('\n')}\nb: 2\n`,
  'yaml list at column 0 with tabs after dash': (pems) => pems.map((x) => `-   |-\n${indented(x, '     ')}\n`).join(''),
  'secret with several keys': (pems) =>
    `apiVersion: v1\ndata:\n${pems.map((x, i) => `  ${['ca.crt', 'tls.crt', 'extra-ca.pem'][i % 3]}: ${base64(x)}\n`).join('')}  password: c2VjcmV0\nkind: Secret\nmetadata:\n  creationTimestamp: "2026-01-01T00:00:00Z"\n  name: x\n`,
  'kubeconfig clusters and users': (pems) =>
    `apiVersion: v1\nclusters:\n${pems
      .slice(0, -1)
      .map(
        (x, i) =>
          `- cluster:\n    certificate-authority-data: ${base64(x)}\n    server: https://1.2.3.${i}:6443\n  name: c${i}\n`,
      )
      .join('')}users:\n- name: u\n  user:\n    client-certificate-data: ${base64(pems.at(-1)!)}\n    token: abc\n`,
  'ldif value begins on continuation': (pems) =>
    pems
      .map((x, i) => `dn: cn=${i}\ncACertificate;binary::\n ${wrapped(bodyOf(x), 76, '\n ')}\nobjectClass: top\n`)
      .join('\n'),
  'json twice escaped in yaml double quotes': (pems) =>
    `config: ${JSON.stringify(JSON.stringify(JSON.stringify({ ca: pems.join('') })))}\n`,
  'json in json in yaml single quotes': (pems) =>
    `data:\n  conf: '${JSON.stringify({ inner: JSON.stringify({ ca: pems }) })}'\n`,
  'jwks x5c with line ends in values': (pems) =>
    JSON.stringify(
      {
        keys: pems.map((x, i) => ({
          kty: 'RSA',
          use: 'sig',
          kid: `k${i}`,
          n: 'AQAB',
          e: 'AQAB',
          x5t: 'aGVsbG8',
          x5c: [wrapped(bodyOf(x), 64, '\r\n')],
        })),
      },
      null,
      1,
    ),
  'xfcc of three elements, semicolons': (pems) =>
    pems
      .map(
        (x, i) =>
          `Hash=${'ab'.repeat(32)};Subject="CN=c${i},O=\\"x; y\\"";Cert="${encodeURIComponent(x)}";URI=spiffe://x/${i};DNS=a.example`,
      )
      .join(','),
  'nginx ssl_client_escaped_cert log': (pems) =>
    pems
      .map(
        (x, i) =>
          `10.0.0.${i} - - [29/Nov/2026:02:00:00 +0000] "GET / HTTP/1.1" 200 ssl_client_escaped_cert=${encodeURIComponent(x)} rt=0.1`,
      )
      .join('\n'),
  'html named entities': (pems) =>
    `<div>${pems.join('').replaceAll('+', '&plus;').replaceAll('/', '&sol;').replaceAll('=', '&equals;').replaceAll('\n', '&NewLine;')}</div>`,
  'html code lines br': (pems) =>
    `<code>${linesOf(pems.join(''))
      .map((l) => `&nbsp;&nbsp;${l.replaceAll(' ', '&#160;')}`)
      .join('<br />\n')}</code>`,
  'format=flowed mail': (pems) => eachLine(pems, (l) => `>  ${l}`.replace('>  ', '> ')),
  'java lineSeparator': (pems) => eachLine(pems, (l) => `        "${l}" + System.lineSeparator() +`),
  'go with trailing comments': (pems) => eachLine(pems, (l, i) => `\t"${l}\\n" + // line ${i}`),
  'c with trailing comments': (pems) => eachLine(pems, (l, i) => `    "${l}\\n" /* ${i} */ \\`),
  'python bytes dedent': (pems) => `CA = textwrap.dedent(b"""\\\n${indented(pems.join(''), '    ')}\n""")\n`,
  'rfc1421 proc-type multi-line headers': (pems) =>
    pems
      .map((x) => {
        const l = linesOf(x);
        return [
          l[0],
          'Proc-Type: 4,MIC-CLEAR',
          'Content-Domain: RFC822',
          'Originator-ID-Asymmetric: abcdef,',
          '  02',
          'X-Comment: a: b',
          '',
          ...l.slice(1),
        ].join('\n');
      })
      .join('\n'),
  'utf16be bom json': (pems) => utf16be('\ufeff' + JSON.stringify({ cas: pems })),
  'powershell here-string': (pems) => `$ca = @"\r\n${pems.join('').replaceAll('\n', '\r\n')}"@\r\n`,
  'powershell ConvertTo-Json': (pems) =>
    JSON.stringify({ pem: pems.map((x) => x.replaceAll('\n', '\r\n')) }, null, 4).replaceAll('+', '\\u002b'),
  'registry blob': (pems) =>
    `Windows Registry Editor Version 5.00\r\n\r\n${pems.map((x, i) => `[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\SystemCertificates\\ROOT\\Certificates\\AB${i}]\r\n"Blob"=hex:${wrapped(registryBlob(derOf(x)).toString('hex').match(/../g)!.join(','), 75, '\\\r\n  ')}\r\n`).join('\r\n')}`,
  'x509 -text and pem': (pems) =>
    pems
      .map(
        (x) =>
          `Certificate:\n    Data:\n        Version: 3 (0x2)\n        Serial Number:\n            30:82:01:02:03\n        Subject Public Key Info:\n                Modulus:\n                    00:b7:a1:c2:cc:e6:be:cc:8e:5a:b4:5d:b5:03:ac:\n                    02:ec:45\n    Signature Value:\n         30:82:aa:bb:cc\n${x}`,
      )
      .join(''),
  'envoy inline_bytes': (pems) => `trusted_ca:\n  inline_bytes: "${base64(pems.join(''))}"\n`,
  'terraform plan plus lines': (pems) =>
    `      ~ ca = <<-EOT\n${eachLine(pems, (l) => `          + ${l}`)}\n        EOT\n`,
  'ansible stdout_lines': (pems) => JSON.stringify({ stdout_lines: linesOf(pems.join('')) }, null, 8),
  'properties with continuation': (pems) =>
    `ca=\\\n${linesOf(pems.join(''))
      .map((l) => `    ${l}\\n\\`)
      .join('\n')}\n\nb=1\n`,
  'systemd environment backslash': (pems) =>
    `CA="${linesOf(pems.join('')).join('\\\n')}"\n`.replaceAll('\\\n', '\\n\\\n'),
  'psql wrapped one column': (pems) =>
    `        pem\n------------------\n${pems
      .map((x) =>
        linesOf(x)
          .map((l, i, a) => ` ${l.padEnd(64)}${i < a.length - 1 ? '+' : ''}`)
          .join('\n'),
      )
      .join('\n')}\n(${pems.length} rows)\n`,
  'psql two columns': (pems) =>
    ` id |  pem\n----+------------------\n${pems
      .map((x, n) =>
        linesOf(x)
          .map((l, i, a) => ` ${i ? '  ' : ` ${n}`} | ${l.padEnd(64)}${i < a.length - 1 ? '+' : ''}`)
          .join('\n'),
      )
      .join('\n')}\n`,
  'mysql vertical': (pems) =>
    pems
      .map((x, i) => `*************************** ${i + 1}. row ***************************\n id: ${i}\npem: ${x}`)
      .join('\n'),
  'csv doubled quotes': (pems) => `"id";"pem"\n${pems.map((x, i) => `"${i}";"${x}"`).join('\r\n')}\n`,
  'cisco hex groups': (pems) =>
    pems
      .map(
        (x, i) =>
          `crypto pki certificate chain TP${i}\n certificate ca 01\n${wrapped(
            hexOf(x)
              .toUpperCase()
              .match(/.{1,8}/g)!
              .join(' '),
            72,
            '\n',
          )
            .split('\n')
            .map((l) => '  ' + l.trim())
            .join('\n')}\n  \tquit\n`,
      )
      .join(''),
  fortigate: (pems) =>
    `config vpn certificate ca\n${pems.map((x, i) => `    edit "CA_${i}"\n        set ca "${x.trimEnd()}"\n        set range global\n    next`).join('\n')}\nend\n`,
  'wsse token': (pems) =>
    pems
      .map(
        (x) =>
          `<wsse:BinarySecurityToken EncodingType="http://docs#Base64Binary" ValueType="http://docs#X509v3" wsu:Id="X509-1">${bodyOf(x)}</wsse:BinarySecurityToken>`,
      )
      .join(''),
  'pgp clearsigned, dash escaped': (pems) =>
    `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${linesOf(pems.join(''))
      .map((l) => (l.startsWith('-') ? '- ' + l : l))
      .join('\n')}\n-----BEGIN PGP SIGNATURE-----\n\niQEzBAEBCAAdFiEE\n=abcd\n-----END PGP SIGNATURE-----\n`,
  'query with base64url and %3D': (pems) =>
    pems
      .map(
        (x) =>
          `https://h/?cert=${derOf(x).toString('base64').replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '%3D')}`,
      )
      .join('\n'),
  'cloudflare header': (pems) => pems.map((x) => `Cf-Client-Cert-Der-Base64: ${bodyOf(x)}`).join('\r\n'),
  'curl with bash ansi quoting': (pems) => `curl -d ca=$'${linesOf(pems.join('')).join('\\n')}' https://h\n`,
  'printf of lines': (pems) =>
    `printf '%s\\n' \\\n${linesOf(pems.join(''))
      .map((l) => `  '${l}' \\`)
      .join('\n')}\n  > ca.pem\n`,
  'echo per line': (pems) =>
    linesOf(pems.join(''))
      .map((l) => `echo "${l}" >> ca.pem`)
      .join('\n'),
  'jsonnet block': (pems) => `{ ca: |||\n${indented(pems.join(''), '    ')}\n  |||, }\n`,
  'nix list': (pems) =>
    `security.pki.certificates = [\n${pems.map((x) => `  ''\n    CA\n${indented(x, '    ')}\n  ''`).join('\n')}\n];\n`,
  'haskell string gaps': (pems) => `ca = "${linesOf(pems.join('')).join('\\n\\\n     \\')}\\n"\n`,
  delphi: (pems) => eachLine(pems, (l) => `    '${l}' + #13#10 +`),
  abap: (pems) => eachLine(pems, (l) => `    \`${l}\` && cl_abap_char_utilities=>newline &&`),
  'vb.net continuation': (pems) => eachLine(pems, (l) => `    "${l}" & vbCrLf & _`),
  'scala stripMargin': (pems) => `val ca = """${linesOf(pems.join('')).join('\n  |')}""".stripMargin\n`,
  'ansi colours': (pems) => eachLine(pems, (l) => `\u001b[32m${l}\u001b[0m`),
  'cat -A': (pems) => eachLine(pems, (l) => `${l}$`),
  'cat -A with cr': (pems) => eachLine(pems, (l) => `${l}^M$`),
  'cat -v with cr': (pems) => eachLine(pems, (l) => `${l}^M`),
  'sed -n l': (pems) => eachLine(pems, (l) => (l.length > 60 ? `${l.slice(0, 60)}\\\n${l.slice(60)}$` : `${l}$`)),
  'xxd -p': (pems) => wrapped(hexOf(pems[0]!), 60),
  'xxd -p twice': (pems) => pems.map((x) => wrapped(hexOf(x), 60)).join('\n\n'),
  'od without address': (pems) =>
    derOf(pems[0]!)
      .toString('hex')
      .match(/.{1,32}/g)!
      .map((l) => ' ' + l.match(/../g)!.join(' '))
      .join('\n'),
  'wireshark escaped string': (pems) =>
    wrapped(hexOf(pems[0]!), 32)
      .split('\n')
      .map((l) => `"${l.replace(/../g, '\\x$&')}" \\`)
      .join('\n'),
  'openssl -C': (pems) =>
    `unsigned char the_certificate[${derOf(pems[0]!).length}]={\n${wrapped(hexOf(pems[0]!).toUpperCase().replace(/../g, '0x$&,'), 80, '\n\t')}\n};\n`,
  'jsonpath base64 by spaces': (pems) => pems.map((x) => base64(x)).join(' '),
  'one cert as json list of lines': (pems) => JSON.stringify(pems.map((x) => wrapped(bodyOf(x), 64).split('\n'))),
  'base64 der concatenated': (pems) => pems.map(bodyOf).join(''),
  'base64 der with backslash line ends': (pems) => pems.map((x) => wrapped(bodyOf(x), 64, '\\\n')).join('\n\n'),
  'base64 pem in qp': (pems) =>
    `Content-Transfer-Encoding: quoted-printable\n\nca=3D${wrapped(base64(pems.join('')), 70, '=\n')}\n`,
  'last-applied-configuration': (pems) =>
    `kind: Secret\nmetadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n      ${JSON.stringify({ data: Object.fromEntries(pems.map((x, i) => [`ca${i}.crt`, base64(x)])) })}\n`,
  'windows-1252 text before': (pems) =>
    Buffer.concat([Buffer.from('Zertifikat \x93x\x94 \x96 gültig\r\n', 'latin1'), Buffer.from(pems.join(''))]),
  'irc log': (pems) => eachLine(pems, (l) => `<bob> ${l}`),
  'k8s event log json per line': (pems) =>
    linesOf(pems.join(''))
      .map((l) => JSON.stringify({ log: l + '\n', stream: 'stdout', time: '2026-11-29T02:00:00Z' }))
      .join('\n'),
  'cri log': (pems) =>
    linesOf(pems.join(''))
      .map((l) => `2026-11-29T02:00:00.123456789Z stdout F ${l}`)
      .join('\n'),
  'git diff new file': (pems) =>
    `diff --git a/ca.pem b/ca.pem\nnew file mode 100644\nindex 0000000..1111111\n--- /dev/null\n+++ b/ca.pem\n@@ -0,0 +1,${linesOf(pems.join('')).length} @@\n${eachLine(pems, (l) => `+${l}`)}\n`,
  'quoted git diff in mail': (pems) => eachLine(pems, (l) => `> +${l}`),
};

function hexOf(pem: string): string {
  return derOf(pem).toString('hex');
}

function utf16be(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

/** A serialized certificate of the Windows registry: an entry with its SHA-1, and one with the certificate. */
function registryBlob(der: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(der.length);
  const sha1 = Buffer.from('0300000001000000140000000102030405060708090a0b0c0d0e0f1011121314', 'hex');
  return Buffer.concat([sha1, Buffer.from('2000000001000000', 'hex'), length, der]);
}
