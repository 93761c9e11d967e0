import { type Carrier, base64, bodyOf, derOf, eachLine, linesOf, wrapped } from './carrier.js';

const percent = (pem: string) => encodeURIComponent(pem);
const html = (text: string) => text.replace(/[+/=]/g, (c) => `&#x${c.charCodeAt(0).toString(16)};`);
/** RFC 2045 section 6.7 as mail programs write it: lines of 76 characters at most, of which = is the last. */
const quotedPrintable = (text: string) =>
  text
    .split('\n')
    .map((line) => line.replaceAll('=', '=3D'))
    .map((line) => line.match(/(?:=[0-9A-F]{2}|[^=]){1,70}/g)?.join('=\r\n') ?? '')
    .join('\r\n');
const prefix =
  (before: string | ((number: number) => string)): Carrier =>
  (pems) =>
    eachLine(pems, (line, at) => `${typeof before === 'string' ? before : before(at)}${line}`);
const part = (type: string, name: string, content: string) =>
  `--=_b1\r\nContent-Type: ${type}; name="${name}"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="${name}"\r\n\r\n${wrapped(content, 76, '\r\n')}\r\n`;
const mail = (parts: readonly string[]) =>
  `From: a@example.org\r\nSubject: the CA\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="=_b1"\r\n\r\n--=_b1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHere it is.\r\n${parts.join('')}--=_b1--\r\n`;
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();
const utf32 = (text: string, order: 'LE' | 'BE') => {
  const bytes = Buffer.alloc(text.length * 4);
  for (const [at, character] of Array.from(text).entries())
    bytes[`writeUInt32${order}`](character.charCodeAt(0), at * 4);
  return bytes;
};
const crlf = (pems: readonly string[]) => pems.join('').replaceAll('\n', '\r\n');

/** Mails, proxies, browsers, terminals, logs, and encodings of text. */
export const TRANSPORT: Readonly<Record<string, Carrier>> = {
  'X-Forwarded-Client-Cert of several proxies': (pems) =>
    pems
      .map(
        (pem, at) =>
          `By=spiffe://c/${at};Hash=${'0a'.repeat(32)};Cert="${percent(pem)}";Subject="CN=x,O=y";URI=spiffe://a`,
      )
      .join(','),
  'X-Forwarded-Client-Cert with a chain': (pems) =>
    `X-Forwarded-Client-Cert: Hash=00;Chain="${percent(pems.join(''))}"`,
  'an escaped header of nginx': (pems) => `X-SSL-Cert: ${percent(pems.join(''))}\r\n`,
  'a header with continued lines': (pems) => `X-SSL-Cert: ${linesOf(pems.join('')).join('\n\t')}\n`,
  'a header of Apache': (pems) => `SSL_CLIENT_CERT=${linesOf(pems.join('')).join(' ')}`,
  'a header of Traefik': (pems) => `X-Forwarded-Tls-Client-Cert: ${pems.map(bodyOf).join(',')}`,
  'a header of Traefik, escaped': (pems) => encodeURIComponent(pems.map(bodyOf).join(',')),
  'a header of a load balancer': (pems) =>
    `X-Amzn-Mtls-Clientcert: ${encodeURIComponent(pems.join('')).replaceAll('%2B', '+').replaceAll('%2F', '/').replaceAll('%3D', '=')}`,
  'Client-Cert-Chain of RFC 9440': (pems) => `Client-Cert-Chain: ${pems.map((pem) => `:${bodyOf(pem)}:`).join(', ')}`,
  'percent-encoding in lower case': (pems) => percent(pems.join('')).replace(/%../g, (code) => code.toLowerCase()),
  'a query': (pems) => `https://h/x?ca=${percent(pems.join(''))}&b=1`,
  'JSON in a query': (pems) => `https://h/x?q=${percent(JSON.stringify({ ca: pems }))}`,
  'a text area': (pems) => `<textarea name="ca">${html(pems.join(''))}</textarea>`,
  'HTML with paragraphs': (pems) => eachLine(pems, (line) => `<p>${line}</p>`),
  'HTML with cells of line numbers': (pems) =>
    `<table>${eachLine(pems, (line, at) => `<tr><td data-line-number="${at + 1}"></td><td class="blob-code">${line}</td></tr>`)}</table>`,
  'HTML with highlighting': (pems) =>
    `<pre>${eachLine(pems, (line) => `<span class="l"><span class="s">${html(line)}</span></span>`)}</pre>`,
  'HTML with <wbr> and zero width spaces': (pems) =>
    pems
      .join('')
      .replace(/^([A-Za-z0-9+/]{20})/gm, '$1<wbr>&#8203;')
      .replaceAll('\n', '<BR/>\r\n'),
  'HTML with named spaces': (pems) =>
    eachLine(pems, (line) => `&emsp;&ensp;${line.replace(' ', '&nbsp;')}&thinsp;<br>`),
  'HTML escaped in HTML': (pems) => eachLine(pems, (line) => `${html(html(line).replaceAll('&', '&amp;'))}&lt;br&gt;`),
  'a mail, quoted-printable': (pems) =>
    `Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nHi,=20\r\n\r\n${quotedPrintable(pems.join('\n'))}\r\n`,
  'a mail with PEM attached': (pems) =>
    mail(pems.map((pem, at) => part('application/x-pem-file', `ca${at}.pem`, base64(pem)))),
  'a mail with DER attached': (pems) =>
    mail(pems.map((pem, at) => part('application/pkix-cert', `ca${at}.cer`, bodyOf(pem)))),
  'a mail with PEM as text': (pems) => mail([`--=_b1\r\nContent-Type: text/plain\r\n\r\n${crlf(pems)}\r\n`]),
  'multipart form data': (pems) =>
    `------WebKitFormBoundaryAbC\r\nContent-Disposition: form-data; name="f"; filename="ca.pem"\r\n\r\n${crlf(pems)}\r\n------WebKitFormBoundaryAbC--\r\n`,
  'data: URLs of PEM': (pems) =>
    pems.map((pem) => `<a href="data:application/x-pem-file;base64,${base64(pem)}">x</a>`).join('\n'),
  'data: URLs of DER': (pems) =>
    pems.map((pem) => `data:application/pkix-cert;charset=binary;base64,${bodyOf(pem)}`).join('\n'),
  'a data: URL with escapes': (pems) => `data:;base64,${percent(base64(pems.join('')))}`,
  'a data: URL of text': (pems) => `data:text/plain,${percent(pems.join(''))}`,
  'base64 of DER, one a line': (pems) => pems.map(bodyOf).join('\n'),
  'base64 of DER, with empty lines': (pems) => pems.map((pem) => wrapped(bodyOf(pem), 64)).join('\n\n'),
  'base64 of DER, separated by commas': (pems) => pems.map(bodyOf).join(', '),
  'base64 of DER, in quotes': (pems) => pems.map((pem) => `"${bodyOf(pem)}"`).join('\r\n'),
  'base64 of several DER': (pems) => base64(Buffer.concat(pems.map(derOf))),
  'base64 of several DER, in lines': (pems) => wrapped(base64(Buffer.concat(pems.map(derOf))), 76, '\r\n'),
  'PEM of several DER': (pems) =>
    `-----BEGIN CERTIFICATE-----\n${wrapped(base64(Buffer.concat(pems.map(derOf))), 64)}\n-----END CERTIFICATE-----\n`,
  'base64url in lines': (pems) => pems.map((pem) => wrapped(derOf(pem).toString('base64url'), 64)).join('\n\n'),
  'base64url in PEM': (pems) =>
    pems
      .map(
        (pem) =>
          `-----BEGIN CERTIFICATE-----\n${wrapped(derOf(pem).toString('base64url'), 64)}\n-----END CERTIFICATE-----`,
      )
      .join('\n'),
  'base64 of base64 of PEM, in lines': (pems) => wrapped(base64(wrapped(base64(pems.join('')), 76)), 76),
  'hexadecimal with 0x in front': ([pem]) => `0x${derOf(pem!).toString('hex').toUpperCase()}`,
  'an SQL literal of bytes': ([pem]) => `X'${derOf(pem!).toString('hex')}'`,
  'hexadecimal in pairs and lines': ([pem]) => wrapped(derOf(pem!).toString('hex').replace(/../g, '$& '), 48),
  'a dump of xxd': ([pem]) => dump(derOf(pem!), (at) => `${at.toString(16).padStart(8, '0')}: `, 2),
  'a dump of hexdump -C': ([pem]) => dump(derOf(pem!), (at) => `${at.toString(16).padStart(8, '0')}  `, 1),
  'joined with 4 dashes': (pems) => joined(pems, 4),
  'joined with 5 dashes': (pems) => joined(pems, 5),
  'joined with 9 dashes': (pems) => joined(pems, 9),
  'joined with 10 dashes': (pems) => joined(pems, 10),
  'joined with 15 dashes': (pems) => joined(pems, 15),
  'joined by a space': (pems) => pems.map((pem) => pem.trimEnd()).join(' '),
  'joined by a comma': (pems) => pems.map((pem) => pem.trimEnd()).join(','),
  'in one line': (pems) => linesOf(pems.join('')).join(''),
  'in one line with spaces': (pems) => linesOf(pems.join('')).join(' '),
  'in one line with tabs': (pems) => linesOf(pems.join('')).join('\t'),
  'lines of 76': (pems) => pems.map((pem) => reflowed(pem, 76)).join('\n'),
  'lines of 19': (pems) => pems.map((pem) => reflowed(pem, 19)).join('\n'),
  'the label broken into two lines': (pems) => pems.join('').replaceAll(' CERTIFICATE-----', '\nCERTIFICATE-----'),
  'spaces within lines': (pems) => pems.join('').replace(/^([A-Za-z0-9+/=]{32})/gm, '$1 '),
  'carriage returns alone': (pems) => pems.join('').replaceAll('\n', '\r'),
  'two carriage returns': (pems) => pems.join('').replaceAll('\n', '\r\r\n'),
  'UTF-16 of PowerShell': (pems) => Buffer.from(`\ufeff${crlf(pems)}`, 'utf16le'),
  'UTF-16 big endian': (pems) => utf16be(`\ufeff${crlf(pems)}`),
  'UTF-16 without a mark': (pems) => Buffer.from(crlf(pems), 'utf16le'),
  'UTF-16 big endian without a mark': (pems) => utf16be(pems.join('')),
  'UTF-16 with words before it': (pems) => Buffer.from(`Zertifikat der Prüfstelle\r\n${crlf(pems)}`, 'utf16le'),
  'UTF-16 that begins with a digit': (pems) => Buffer.from(`01 Prüfstelle\r\n${crlf(pems)}`, 'utf16le'),
  'UTF-32 big endian': (pems) => utf32(`\ufeff${pems.join('')}`, 'BE'),
  'UTF-32 without a mark': (pems) => utf32(pems.join(''), 'LE'),
  'UTF-8 with a mark': (pems) => Buffer.from(`\ufeff${crlf(pems)}`),
  'UTF-8 that begins with a digit': (pems) => Buffer.from(`01.02.2026 – Prüfstelle\n${pems.join('')}`),
  'Latin-1 that begins with a digit': (pems) => Buffer.from(`01.02.2026 Pr\xfcfstelle\n${pems.join('')}`, 'latin1'),
  'a mail, quoted three times': prefix('> >> '),
  'a mail, quoted with initials': prefix('AB> '),
  'a comment of SQL': prefix('-- '),
  'a comment of TeX': prefix('%% '),
  'a comment of an assembler': prefix(';; '),
  'a comment of Visual Basic': prefix("' "),
  'a comment of a batch file': prefix('REM '),
  'a comment of XML': (pems) => `<!--\n${pems.join('')}-->\n`,
  'a comment of C': (pems) => `/*\n${eachLine(pems, (line) => ` * ${line}`)}\n */\n`,
  'comments without a space': prefix('#'),
  'line numbers with colons': prefix((at) => `${at + 1}: `),
  'line numbers with tabs': prefix((at) => `    ${at + 96}\t`),
  'line numbers in brackets': prefix((at) => `[${at + 1}] `),
  'line numbers with brackets behind': prefix((at) => `${at + 8}) `),
  grep: prefix((at) => `certs/ca.pem:${at + 1}:`),
  'git blame': prefix((at) => `^1a2b3c4 (A. Name 2026-01-02 10:00:00 +0100 ${String(at + 1).padStart(3)}) `),
  'a log of a journal': prefix('Nov 28 22:00:01 host prog[123]: '),
  'a log with times': prefix((at) => `2026-11-28T22:00:01.${String(100 + at)}Z `),
  'a log of containers': prefix('web_1  | '),
  'a diff with context': (pems) => `@@ -1,3 +1,40 @@\n a\n${eachLine(pems, (line) => `+${line}`)}\n b\n`,
  'a diff of files': prefix('> '),
  'a box of a terminal': (pems) => eachLine(pems, (line) => `│ ${line.padEnd(66)} │`),
  'a table of Markdown': (pems) => eachLine(pems, (line) => `| ${line} |`),
  'a fence of Markdown': (pems) => `\`\`\`pem\n${pems.join('')}\`\`\`\n`,
  'a list of Markdown': (pems) =>
    pems
      .map(
        (pem) =>
          `1. CA\n\n${linesOf(pem)
            .map((line) => `       ${line}`)
            .join('\n')}\n`,
      )
      .join('\n'),
  'bag attributes': (pems) =>
    pems.map((pem) => `Bag Attributes\n    friendlyName: x\nsubject=CN = x\n\nissuer=CN = y\n\n${pem}`).join(''),
  's_client -showcerts': (pems) =>
    `CONNECTED(00000003)\n---\nCertificate chain\n${pems.map((pem, at) => ` ${at} s:CN = x\n   i:CN = y\n${pem}`).join('')}---\nServer certificate\nsubject=CN = x\n---\n`,
  'keytool -list -rfc': (pems) =>
    pems
      .map(
        (pem, at) =>
          `Alias name: ca${at}\nEntry type: trustedCertEntry\n\n${pem.replaceAll('\n', '\r\n')}\n\n*******************************************\n`,
      )
      .join('\n'),
  'percent-encoding of old scripts': (pems) =>
    pems.join('').replaceAll('\n', '%0A').replaceAll('+', '%u002B').replaceAll(' ', '%20'),
  'X-Forwarded-Client-Cert with a hash like an escape': (pems) =>
    pems.map((pem) => `Hash=20${'3D'.repeat(31)};Cert="${percent(pem)}"`).join(','),
  'a mail, quoted-printable and quoted': (pems) =>
    quotedPrintable(pems.join('\n'))
      .split('\r\n')
      .map((line) => `> ${line}`)
      .join('\r\n'),
  'base64 of DER, quoted': (pems) => pems.map((pem) => `> ${wrapped(bodyOf(pem), 64, '\n> ')}`).join('\n\n'),
  'base64 of DER, commented': (pems) => pems.map((pem) => `# ${wrapped(bodyOf(pem), 64, '\n# ')}`).join('\n\n'),
  'labels of Java': (pems) => pems.join('').replaceAll(' CERTIFICATE', ' X509 CERTIFICATE'),
  'labels in title case': (pems) =>
    pems.join('').replaceAll('BEGIN CERTIFICATE', 'Begin Certificate').replaceAll('END CERTIFICATE', 'End Certificate'),
  'dashes of three': (pems) => pems.join('').replaceAll('-----', '---'),
  'dashes of eight, equals signs around': (pems) =>
    pems.map((pem) => `========\n${pem.replaceAll('-----', '--------')}========\n`).join(''),
  'en dashes of a word processor': (pems) => pems.join('').replaceAll('-----', '\u2013\u2013-'),
  'an em dash and a dash': (pems) => pems.join('').replaceAll('-----', '\u2014\u2014-'),
  'ideographic spaces': (pems) =>
    pems
      .join('')
      .replaceAll(' ', '\u3000')
      .replace(/^(?=[A-Za-z0-9])/gm, '\u3000'),
  'marks of direction around each line': (pems) => eachLine(pems, (line) => `\u202a${line}\u202c`),
  'word joiners in base64': (pems) => pems.join('').replace(/^([A-Za-z0-9+/=]{16})/gm, '$1\u2060\ufeff'),
  'paragraph separators': (pems) => linesOf(pems.join('')).join('\u2029'),
  'vertical tabs': (pems) => linesOf(pems.join('')).join('\v'),
  'trailing spaces and empty lines': (pems) => eachLine(pems, (line) => `${line}  \t\n   `),
  'a prompt of a shell': (pems) => `$ cat ca.pem\n${pems.join('')}$ `,
  'a screen with numbers and a sign': prefix((at) => `${String(at + 1).padStart(3)}│ `),
  'an editor with tildes': (pems) => `${pems.join('')}~\n~\n`,
  'a chat with times': prefix((at) => `[22:${String(10 + at)}] bob: `),
  'a log in brackets': prefix('[INFO] [main] '),
  'quoted with a space after each sign': prefix('> > > '),
  'a diff of three ways': prefix('++'),
  'a patch, indented': prefix('    +'),
  'an error of a compiler': prefix((at) => `${at + 10} |     `),
};

function joined(pems: readonly string[], dashes: number): string {
  return pems
    .map((pem) => pem.trimEnd())
    .join('')
    .replaceAll('-----END CERTIFICATE----------BEGIN', `-----END CERTIFICATE${'-'.repeat(dashes)}BEGIN`);
}

function reflowed(pem: string, width: number): string {
  const lines = linesOf(pem);
  return [lines[0], wrapped(bodyOf(pem), width), lines.at(-1)].join('\n');
}

function dump(bytes: Buffer, address: (at: number) => string, pair: number): string {
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const hex = row.toString('hex').replace(new RegExp(`(.{${2 * pair}})(?!$)`, 'g'), '$1 ');
    const shown = row.toString('latin1').replace(/[^ -~]/g, '.');
    rows.push(`${address(at)}${hex.padEnd(pair === 2 ? 41 : 50)}${pair === 2 ? shown : `|${shown}|`}`);
  }
  return rows.join('\n');
}
