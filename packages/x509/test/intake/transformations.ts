type Transform = (text: string) => string;

const base64 = (content: string | Uint8Array) => Buffer.from(content).toString('base64');
const perLine =
  (change: (line: string, at: number) => string, joint = '\n'): Transform =>
  (text) =>
    text.trimEnd().split('\n').map(change).join(joint);
const hex = (text: string) => Buffer.from(text).toString('hex');
const bytes = (text: string, write: (byte: number) => string, joint: string) =>
  [...Buffer.from(text)].map(write).join(joint);
const two = (byte: number) => byte.toString(16).padStart(2, '0');
const literal = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');

/** Ways in which one text is written in another, whatever it says. */
export const TRANSFORMATIONS: Readonly<Record<string, Transform>> = {
  JSON: (text) => JSON.stringify({ a: text }),
  'JSON of .NET': (text) =>
    JSON.stringify(text).replace(/[+=<>&']/g, (c) => `\\u${two(c.charCodeAt(0)).padStart(4, '0').toUpperCase()}`),
  'JSON of PHP': (text) => JSON.stringify([text]).replaceAll('/', '\\/'),
  'JSON, every character': (text) => `"${bytes(text, (byte) => `\\u00${two(byte)}`, '')}"`,
  'JSON, lines': (text) => JSON.stringify(text.split('\n'), null, 2),
  'percent-encoding': encodeURIComponent,
  'percent-encoding of everything': (text) => bytes(text, (byte) => `%${two(byte)}`, ''),
  'a form': (text) => `a=b&c=${new URLSearchParams({ c: text }).toString().slice(2)}&d=e`,
  'X-Forwarded-Client-Cert': (text) => `By=spiffe://a;Hash=0a;Cert="${encodeURIComponent(text)}";Subject="CN=x"`,
  entities: (text) => text.replace(/[&<>"'+/=]/g, (c) => `&#${c.charCodeAt(0)};`),
  'entities of everything': (text) => bytes(text, (byte) => `&#x${two(byte)};`, ''),
  '<br>': (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('\n', '<br/>'),
  '<pre>': (text) => `<html><body><pre>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</pre></body></html>`,
  '<span> per line': perLine(
    (line) => `<span class="l">${line.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</span>`,
  ),
  CDATA: (text) => `<a><![CDATA[${text}]]></a>`,
  'quoted-printable': perLine((line) => line.replaceAll('=', '=3D').replace(/(?:=3D|[^=]){60}(?=.)/g, '$&=\n')),
  base64,
  'base64 in lines': (text) => base64(text).replace(/.{76}/g, '$&\n'),
  'base64 in lines with CRLF': (text) => base64(text).replace(/.{64}/g, '$&\r\n'),
  base64url: (text) => Buffer.from(text).toString('base64url'),
  'base64 of UTF-16': (text) => base64(Buffer.from(`\ufeff${text}`, 'utf16le')),
  'base64 of UTF-16 without a mark': (text) => base64(Buffer.from(text, 'utf16le')),
  'base64 with zeros between': (text) => base64(text.replaceAll('E', 'E\0')),
  'base64 with a mark': (text) => base64(`\ufeff${text}`),
  'base64 behind words': (text) => base64(`Übergabe: the text\n${text}`),
  'a Secret': (text) => `kind: Secret\ndata:\n  ca.crt: ${base64(text)}\n  other: aGVsbG8=\n`,
  'a Secret, folded': (text) => `data:\n  a: >-\n    ${base64(text).replace(/.{60}/g, '$&\n    ')}\n  z: YQ==\n`,
  'a data: URL': (text) => `<a href="data:application/x-pem-file;base64,${base64(text)}">x</a>`,
  'a block of PEM': (text) =>
    `-----BEGIN CERTIFICATE-----\n${base64(text).replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  hexadecimal: hex,
  'hexadecimal in lines': (text) => hex(text).replace(/.{64}/g, '$&\n'),
  'hexadecimal with colons': (text) => bytes(text, two, ':'),
  'hexadecimal with blanks': (text) => bytes(text, two, ' '),
  'an array of C': (text) => `{ ${bytes(text, (byte) => `0x${two(byte)}`, ', ')} }`,
  'an array of Java': (text) => `{${bytes(text, (byte) => `(byte)0x${two(byte)}`, ',')}}`,
  'decimal numbers': (text) => `[${bytes(text, String, ', ')}]`,
  'a Buffer in JSON': (text) => JSON.stringify({ ca: Buffer.from(text) }),
  xxd: (text) => dump(text, (at) => `${at}: `, 4),
  'hexdump -C': (text) => dump(text, (at) => `${at}  `, 2),
  'escapes \\x': (text) => `"${bytes(text, (byte) => `\\x${two(byte)}`, '')}"`,
  'escapes in octal': (text) => `"${bytes(text, (byte) => `\\${byte.toString(8).padStart(3, '0')}`, '')}"`,
  'a literal of Java': perLine((line) => `    + "${literal(line)}\\n"`),
  'a literal of C': perLine((line) => `"${literal(line)}\\n"`),
  'a literal of C with backslashes': perLine((line) => `"${literal(line)}\\n" \\`),
  'a literal of Visual Basic': perLine((line) => `"${line.replaceAll('"', '""')}" & vbCrLf & _`),
  'a literal of PHP': perLine((line) => `'${line}'."\\n".`),
  'a literal in one line': (text) => `ca = "${literal(text).replaceAll('\n', '\\n')}"`,
  'a literal of PowerShell': (text) => `$ca = "${text.replaceAll('\n', '`r`n')}"`,
  'an .env file': (text) => `A=1\nCA='${text.replaceAll('\n', '\\n')}'\nB=2\n`,
  'a properties file': (text) => `cert=${text.replaceAll('\n', '\\n\\\n    ')}\n`,
  'YAML, literal': (text) => `ca: |\n${perLine((line) => `    ${line}`)(text)}\nb: c\n`,
  'YAML, folded': (text) => `ca: >\n${perLine((line) => `  ${line}\n`)(text)}\nb: c\n`,
  'YAML, double quoted': (text) => `ca: "${literal(text).replaceAll('\n', '\\n\\\n  ')}"\n`,
  'a heredoc': (text) => `default = <<-EOT\n${perLine((line) => `    ${line}`)(text)}\n  EOT\n`,
  'a mail': perLine((line) => `> ${line}`),
  'a mail, quoted twice': perLine((line) => `> > ${line}`),
  'comments #': perLine((line) => `# ${line}`),
  'comments //': perLine((line) => `  // ${line}`),
  'comments *': (text) => `/**\n${perLine((line) => ` * ${line}`)(text)}\n */`,
  'comments --': perLine((line) => `-- ${line}`),
  'line numbers': perLine((line, at) => `${String(at + 1).padStart(4)}  ${line}`),
  'line numbers |': perLine((line, at) => `${at + 98} | ${line}`),
  'a diff': perLine((line) => `+${line}`),
  grep: perLine((line, at) => `certs/ca.pem:${at + 1}:${line}`),
  'a log': perLine((line, at) => `2026-11-28T22:00:0${at % 10}.123Z host app[12]: ${line}`),
  'a log of containers': perLine((line) => `web_1  | ${line}`),
  'a box': perLine((line) => `│ ${line.padEnd(66)} │`),
  'a fence': (text) => `\`\`\`pem\n${text}\n\`\`\`\n`,
  colours: perLine((line) => `\x1b[32m${line}\x1b[m`),
  'Rich Text': (text) => `{\\rtf1\\ansi\\f0 ${text.replace(/[\\{}]/g, '\\$&').replaceAll('\n', '\\par\n')}\\par}`,
  Markdown: (text) => text.replace(/[-+=_*]/g, '\\$&'),
  CRLF: (text) => text.replaceAll('\n', '\r\n'),
  CR: (text) => text.replaceAll('\n', '\r'),
  'one line with blanks': (text) => text.replaceAll('\n', ' '),
  'one line with tabs': (text) => text.replaceAll('\n', '\t'),
  'U+2028': (text) => text.replaceAll('\n', '\u2028'),
  'U+0085': (text) => text.replaceAll('\n', '\u0085'),
  'a byte order mark': (text) => `\ufeff${text}`,
  'blanks at line ends': perLine((line) => `${line} \t`),
  'no-break spaces': perLine((line) => `\u00a0\u00a0${line.replaceAll(' ', '\u00a0')}\u00a0`),
  'empty lines between': perLine((line) => line, '\n\n'),
  'zero width spaces': (text) => text.replace(/^.{20}/gm, '$&\u200b'),
  'zeros in words': (text) => text.replaceAll('E', 'E\0'),
  'zeros at line ends': (text) => text.replaceAll('\n', '\0\n'),
  'en dashes': (text) => text.replaceAll('-----', '\u2013'.repeat(5)),
  'em dashes': (text) => text.replaceAll('-----', '\u2014\u2014-'),
  'lower case labels': (text) => text.replace(/-----[A-Z ]+-----/g, (label) => label.toLowerCase()),
  'dashes of three': (text) => text.replaceAll('-----', '---'),
};

function dump(text: string, address: (at: string) => string, group: number): string {
  const rows: string[] = [];
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += 16) {
    const row = all.subarray(at, at + 16);
    const digits = row.toString('hex').replace(new RegExp(`.{${group}}(?!$)`, 'g'), '$& ');
    const shown = row.toString('latin1').replace(/[^ -~]/g, '.');
    rows.push(
      `${address(at.toString(16).padStart(8, '0'))}${digits.padEnd(group === 4 ? 41 : 50)}${group === 4 ? shown : `|${shown}|`}`,
    );
  }
  return `${rows.join('\n')}\n`;
}
