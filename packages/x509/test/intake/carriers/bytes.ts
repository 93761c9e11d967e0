import { type Carrier, base64, bodyOf, derOf, eachLine, linesOf, wrapped } from './carrier.js';

const pairs = (bytes: Buffer) => bytes.toString('hex').match(/../g) ?? [];
const octal = (byte: number) => `\\${byte.toString(8).padStart(3, '0')}`;

/** Bytes as programs print them: of DER, and of PEM itself. */
export const BYTES: Readonly<Record<string, Carrier>> = {
  'BitConverter of .NET': ([pem]) => pairs(derOf(pem!)).join('-').toUpperCase(),
  'an array of C with comments': ([pem]) =>
    Array.from(derOf(pem!), (byte, at) => `0x${byte.toString(16)}, ${at % 12 === 11 ? `/* ${at} */\n` : ''}`).join(''),
  'fromhex of Python': ([pem]) => `bytes.fromhex('${pairs(derOf(pem!)).join(' ')}')`,
  'a Buffer as Node shows it': ([pem]) => `<Buffer ${pairs(derOf(pem!)).join(' ')}>`,
  'a slice as Go shows it': ([pem]) => `[${derOf(pem!).join(' ')}]`,
  'the roots of Mozilla': (pems) =>
    pems
      .map(
        (pem) =>
          `CKA_VALUE MULTILINE_OCTAL\n${Array.from(derOf(pem), (byte, at) => octal(byte) + (at % 16 === 15 ? '\n' : '')).join('')}\nEND\n`,
      )
      .join(''),
  'hexadecimal of PEM': (pems) => Buffer.from(pems.join('')).toString('hex'),
  'hexadecimal of PEM in lines': (pems) => Buffer.from(pems.join('')).toString('hex').replace(/.{60}/g, '$&\n'),
  'hexadecimal of PEM with colons': (pems) => pairs(Buffer.from(pems.join(''))).join(':'),
  'hexadecimal of PEM in an array of C': (pems) =>
    `{ ${pairs(Buffer.from(pems.join('')))
      .map((pair) => `0x${pair}`)
      .join(', ')} }`,
  'numbers of PEM': (pems) => `[${Buffer.from(pems.join('')).join(', ')}]`,
  'a Buffer of PEM in JSON': (pems) => JSON.stringify({ ca: Buffer.from(pems.join('')) }),
  'a dump of PEM by xxd': (pems) => dump(pems.join(''), 4),
  'a dump of PEM by hexdump -C': (pems) => dump(pems.join(''), 2),
  'PEM with backslashes of Markdown': (pems) => pems.join('').replace(/[-+=]/g, '\\$&'),
  'quoted-printable with every sign encoded': (pems) =>
    pems.join('').replace(/[-= ]/g, (sign) => `=${sign.charCodeAt(0).toString(16).toUpperCase()}`),
  'entities for every sign': (pems) => pems.join('').replace(/[-+/= ]/g, (sign) => `&#${sign.charCodeAt(0)};`),
  'marks that nobody sees in each line': (pems) =>
    eachLine(pems, (line, at) => line.replace(/^[A-Za-z0-9+/]{20}/, `$&${'\u3164\uffa0\u115f\u17b4\u2800'[at % 5]}`)),
  'dashes as code points of Rich Text': (pems) =>
    `{\\rtf1 ${linesOf(pems.join('')).join('\\par ').replaceAll('-', "\\'2d")}}`,
};

/** Two forms, one in the other. */
export const NESTED: Readonly<Record<string, Carrier>> = {
  'a Secret in percent-encoding': (pems) =>
    encodeURIComponent(`kind: Secret\ndata:\n  ca.crt: ${base64(pems.join(''))}\n`),
  'JSON of .NET in a form': (pems) =>
    `a=b&c=${encodeURIComponent(JSON.stringify(pems).replaceAll('+', '\\u002B').replaceAll('=', '\\u003D').replaceAll('-', '\\u002D'))}`,
  'XML with blanks in a form': (pems) =>
    `x=${encodeURIComponent(pems.map((pem) => `<X509Certificate>\n    ${wrapped(bodyOf(pem), 64, '\n    ')}\n</X509Certificate>`).join('')).replaceAll('%20', '+')}`,
  'numbers of DER in a form': ([pem]) => `x=${encodeURIComponent(JSON.stringify([...derOf(pem!)]))}`,
  'hexadecimal of PEM in a form': (pems) => `a=b&c=${Buffer.from(pems.join('')).toString('hex')}`,
  'base64 of PEM behind the sign of a diff': (pems) => `+${base64(pems.join(''))}\n`,
  'a dump of PEM in a mail': (pems) => dump(pems.join(''), 4).replace(/^/gm, '> '),
  'an END line without dashes in a mail': (pems) => pems.join('').replaceAll('-----END', 'END').replace(/^/gm, '> '),
};

function dump(text: string, group: number): string {
  const rows: string[] = [];
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const hex = row.toString('hex').replace(new RegExp(`.{${group}}(?!$)`, 'g'), '$& ');
    const shown = row.toString('latin1').replace(/[^ -~]/g, '.');
    const address = at.toString(16).padStart(8, '0');
    rows.push(group === 4 ? `${address}: ${hex.padEnd(41)}${shown}` : `${address}  ${hex.padEnd(50)}|${shown}|`);
  }
  return `${rows.join('\n')}\n`;
}
