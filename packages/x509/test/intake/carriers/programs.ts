import { type Carrier, bodyOf, derOf, eachLine, indented, linesOf, wrapped } from './carrier.js';

const literal =
  (before: string, after: string): Carrier =>
  (pems) =>
    eachLine(pems, (line) => `${before}${line}${after}`);
const hex = (pem: string) => derOf(pem).toString('hex');

/** Literals of programming languages and scripts. */
export const PROGRAMS: Readonly<Record<string, Carrier>> = {
  'a text block of Java': (pems) => `String ca = """\n${indented(pems.join(''), '        ')}\n        """;\n`,
  'Java, joined': (pems) => `String.join("\\n",\n${eachLine(pems, (line) => `    "${line}",`)}\n    "");\n`,
  'Java, operators behind': literal('    "', '\\n" +'),
  'Java, a StringBuilder': literal('    .append("', '\\n")'),
  'Java bytes with signs': (pems) =>
    `byte[] der = {${[...derOf(pems[0]!)].map((byte) => (byte << 24) >> 24).join(', ')}};`,
  'Kotlin with margins': (pems) => `val ca = """\n${eachLine(pems, (line) => `    |${line}`)}\n""".trimMargin()\n`,
  'Python, three quotes': (pems) => `CA = """\\\n${pems.join('')}"""\n`,
  'Python, strings side by side': (pems) => `CA = (\n${eachLine(pems, (line) => `    '${line}\\n'`)}\n)\n`,
  'Python, a list': (pems) => `CA = "\\n".join([\n${eachLine(pems, (line) => `  "${line}",`)}\n])\n`,
  'Python, repr of bytes': (pems) => `b'${linesOf(pems.join('')).join('\\n')}\\n'`,
  'Python, repr of a list': (pems) => `[${pems.map((pem) => `'${linesOf(pem).join('\\n')}\\n'`).join(', ')}]`,
  'Python, DER in bytes': ([pem]) =>
    `b'${[...derOf(pem!)].map((byte) => (byte > 0x20 && byte < 0x7f && byte !== 0x27 && byte !== 0x5c ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`)).join('')}'`,
  'Go, a raw string': (pems) => `const ca = \`${pems.join('')}\`\n`,
  'Go, operators behind': literal('\t"', '\\n" +'),
  'Go, bytes': ([pem]) => `var der = []byte{\n\t${wrapped(hex(pem!).replace(/../g, '0x$&, '), 96, '\n\t')}\n}\n`,
  'C, strings side by side': (pems) => `static const char ca[] =\n${eachLine(pems, (line) => `  "${line}\\r\\n"`)};\n`,
  'C, a define': (pems) => `#define CA \\\n${eachLine(pems, (line) => `"${line}\\n" \\`)}\n\n`,
  'C, one string with continued lines': (pems) => `char *ca = "${linesOf(pems.join('')).join('\\n\\\n')}\\n";\n`,
  'C, xxd -i': ([pem]) =>
    `unsigned char root_der[] = {\n  ${wrapped(hex(pem!).replace(/../g, '0x$&, ').slice(0, -2), 72, '\n  ')}\n};\nunsigned int root_der_len = ${derOf(pem!).length};\n`,
  'C, hexadecimal escapes': ([pem]) => `"${wrapped(hex(pem!).replace(/../g, '\\x$&'), 64, '"\n"')}"`,
  'C, octal escapes': ([pem]) =>
    `"${[...derOf(pem!)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}"`,
  'C#, verbatim': (pems) => `var ca = @"${pems.join('')}";\n`,
  'C#, Environment.NewLine': literal('"', '" + Environment.NewLine +'),
  'JavaScript, a template': (pems) => `const ca = \`\n${indented(pems.join(''), '  ')}\n\`;\n`,
  'JavaScript, an array': (pems) => `const ca = [\n${eachLine(pems, (line) => `  '${line}',`)}\n].join('\\n');\n`,
  'JavaScript, operators in front': literal("  + '", "\\n'"),
  'PHP, a heredoc': (pems) => `$ca = <<<PEM\n${pems.join('')}PEM;\n`,
  'PHP, PHP_EOL': literal("  '", "' . PHP_EOL ."),
  'Ruby, a heredoc': (pems) => `CA = <<~PEM\n${indented(pems.join(''), '  ')}\nPEM\n`,
  'Ruby, continued strings': literal('  "', '\\n" \\'),
  'Rust, concat!': (pems) => `concat!(\n${eachLine(pems, (line) => `    "${line}\\n",`)}\n)`,
  'Rust, continued lines': (pems) => `const CA: &str = "\\\n${eachLine(pems, (line) => `${line}\\n\\`)}\n";`,
  'Rust, a raw string': (pems) => `const CA: &str = r#"${pems.join('')}"#;\n`,
  Swift: (pems) => `let ca = """\n${indented(pems.join(''), '    ')}\n    """\n`,
  'Objective-C': literal('    @"', '\\n"'),
  'Perl, joined by dots': literal('  . "', '\\n"'),
  Lua: (pems) => `local ca = [[\n${pems.join('')}]]\n`,
  Erlang: (pems) => `<<${eachLine(pems, (line) => `"${line}\\n"`)}>>`,
  Delphi: literal("    '", "' + #13#10 +"),
  'Visual Basic, vbNewLine': literal('    "', '" & vbNewLine & _'),
  'Oracle, CHR(10)': literal("'", "' || CHR(10) ||"),
  assembler: literal('    .ascii "', '\\n"'),
  'a here-document of a shell': (pems) => `cat > ca.pem <<'EOF'\n${pems.join('')}EOF\n`,
  'a shell, ANSI-C quoted': (pems) => `export CA=$'${linesOf(pems.join('')).join('\\n')}\\n'\n`,
  'a shell, printf %q': (pems) => `CA=$'${linesOf(pems.join('')).join('\\n').replaceAll('/', '\\/')}'\n`,
  'a shell, echo per line': (pems) => eachLine(pems, (line, at) => `echo "${line}" ${at === 0 ? '>' : '>>'} ca.pem`),
  'a batch file': literal('echo ', '>> ca.pem'),
  'a here-string of PowerShell': (pems) => `$ca = @"\n${pems.join('')}"@\n`,
  'a Dockerfile': (pems) => `RUN printf '%s\\n' \\\n${eachLine(pems, (line) => `  '${line}' \\`)}\n  > /ca.pem\n`,
  nginx: literal('ssl "', '\\n"'),
  'Java, base64 alone': (pems) =>
    pems.map((pem) => `String ca = "${wrapped(bodyOf(pem), 70, '"\n        + "')}";`).join('\n'),
  'Python, base64 alone': (pems) =>
    pems.map((pem) => `ca = (\n  b"${wrapped(bodyOf(pem), 70, '"\n  b"')}"\n)`).join('\n'),
  'C, base64 with line ends': (pems) =>
    pems.map((pem) => `char ca[] = "${wrapped(bodyOf(pem), 64, '\\n"\n  "')}\\n";`).join('\n'),
  'Java, bytes with casts': ([pem]) => `{ ${hex(pem!).replace(/../g, '(byte) 0x$&, ')} }`,
  'Visual Basic, bytes': ([pem]) =>
    `Array(${[...derOf(pem!)].map((byte) => `&H${byte.toString(16).padStart(2, '0').toUpperCase()}`).join(', ')})`,
  'an export of the Windows registry': ([pem]) =>
    `Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\X]\n"Blob"=hex:20,00,00,00,01,00,00,00,10,03,00,00,${wrapped(
      hex(pem!).replace(/..(?!$)/g, '$&,'),
      75,
      '\\\n  ',
    )}\n`,
  'hexadecimal with colons in a text': ([pem]) =>
    `Certificate:\n    ${wrapped(hex(pem!).replace(/..(?!$)/g, '$&:'), 45, '\n    ')}\nEnd`,
  'a JSON array of lines': (pems) => JSON.stringify(pems.flatMap(linesOf)),
  'a JSON array of lines, indented': (pems) => JSON.stringify({ ca: pems.flatMap(linesOf) }, null, 2),
  'JavaScript, operators in one line': (pems) =>
    `const ca = ${linesOf(pems.join(''))
      .map((line) => `'${line}\\n'`)
      .join(' + ')};`,
  'arguments of printf': (pems) =>
    `printf '%s\\n' ${linesOf(pems.join(''))
      .map((line) => `"${line}"`)
      .join(' ')} > ca.pem`,
  'echo -e': (pems) => `echo -e "${linesOf(pems.join('')).join('\\n')}" | tee ca.pem`,
  'a systemd unit': (pems) =>
    `Environment="CA=${linesOf(pems.join('')).join('\\x0a').replaceAll(' ', '\\x20').replaceAll('=', '\\x3d')}"\n`,
  'octal escapes of signs': (pems) =>
    `"${linesOf(pems.join('')).join('\\n').replaceAll('+', '\\053').replaceAll('=', '\\075').replaceAll('/', '\\057')}"`,
  'escapes of eight digits': (pems) =>
    `"${linesOf(pems.join('')).join('\\n').replaceAll('+', '\\U0000002B').replaceAll('=', '\\U0000003d')}"`,
  'escapes with braces': (pems) =>
    `"${linesOf(pems.join('')).join('\\n').replaceAll('+', '\\u{2b}').replaceAll('/', '\\u{2F}')}"`,
  'PowerShell, lines joined': (pems) => `$ca = @(\n${eachLine(pems, (line) => `  '${line}'`)}\n) -join "\`n"\n`,
  Groovy: (pems) => `def ca = '''\\\n${pems.join('')}'''\n`,
  'an ABAP program': literal('  `', '` && cl_abap_char_utilities=>newline &&'),
  'an R program': (pems) => `ca <- paste(\n${eachLine(pems, (line) => `  "${line}",`)}\n  sep = "\\n")\n`,
  'a Makefile': (pems) => `define CA\n${pems.join('')}endef\nexport CA\n`,
  'a TypeScript enum of one line': (pems) =>
    pems.map((pem, at) => `  CA${at} = "${linesOf(pem).join('\\r\\n')}",`).join('\n'),
};
