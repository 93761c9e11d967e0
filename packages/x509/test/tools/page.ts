import { OUR_FILES, type OurFile, type ToolRecord } from './records.js';

/** What Trustcast makes of a file of a tool: short, and the same on every machine. */
export interface ReadForm {
  readonly tool: string;
  readonly form: string;
  readonly result: string;
}

/** Everything the page says. */
export interface Matrix {
  readonly records: readonly ToolRecord[];
  readonly forms: readonly ReadForm[];
  /** Tools that could not be run, with the reason. */
  readonly missing: Readonly<Record<string, string>>;
}

const INTRODUCTION = `# Keystore tools

\`npm run test:tools\` writes this page: each tool of this machine writes every form that it offers, and Trustcast reads it as an upload
would; then each reads the files that Trustcast writes. All have the same certificates, one with an RSA and one with an EC key. The
command ends with 1 when a cell differs from the page, unless \`--write\` renews it. Tools that are not there are named, and are no
failure: install them from Debian (openssl, gnutls-bin, libnss3-tools), PyPI, the Go module proxy, npm and Maven.`;

export function writePage({ records, forms, missing }: Matrix): string {
  const versions = records.flatMap((record) => (record.did === 'version' ? [record] : []));
  const notes: string[] = [];
  const reads = [...new Set(versions.map(({ tool }) => tool))].map((tool) => [
    tool,
    ...Object.keys(OUR_FILES).map((file) => readCell(records, tool, file as OurFile, notes)),
  ]);
  return [
    INTRODUCTION,
    '## Versions',
    table(
      ['tool', 'version'],
      [
        ...versions.map(({ tool, version }) => [tool, version]),
        ...Object.entries(missing).map(([tool, reason]) => [tool, `not run: ${oneLine(reason)}`]),
      ],
    ),
    '## Files of Trustcast, read by each tool',
    'A number is how many certificates were read, of as many as there are. A dash: the tool has nothing for such files.',
    table(['tool', ...Object.values(OUR_FILES).map(({ says }) => says)], reads),
    notes.map((note, index) => `${index + 1}. ${note}`).join('\n'),
    '## Files of each tool, read by Trustcast',
    'Trusted entries are those that Java trusts, as most tools do not write its attribute; an upload takes all certificates.',
    table(
      ['tool', 'form', 'Trustcast reads'],
      forms.map(({ tool, form, result }) => [tool, form, result]),
    ),
    '',
  ].join('\n\n');
}

/** Rows of a page, by what they are about: a tool's form, or a tool's column. Numbers of notes do not count. */
export function cellsOf(page: string): Map<string, string> {
  const cells = new Map<string, string>();
  let columns: string[] = [];
  for (const line of page.split('\n')) {
    if (!line.startsWith('|')) {
      columns = [];
      continue;
    }
    const row = line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim());
    if (columns.length === 0) columns = row;
    else if (/^-+$/.test(row[0] ?? '')) continue;
    else if (columns[1] === 'form') cells.set(`${row[0]}: ${row[1]}`, row[2] ?? '');
    else if (columns[1] !== 'version')
      for (const [index, cell] of row.entries())
        if (index > 0) cells.set(`${row[0]} reads ${columns[index]}`, cell.replace(/ \(\d+\)$/, ''));
  }
  return cells;
}

function readCell(records: readonly ToolRecord[], tool: string, file: OurFile, notes: string[]): string {
  for (const record of records) {
    if (record.tool !== tool) continue;
    if (record.did === 'read' && record.file === file)
      return `${record.certificates} of ${OUR_FILES[file].certificates}`;
    if (record.did === 'unread' && record.file === file) {
      notes.push(`${tool}, ${OUR_FILES[file].says}: ${oneLine(record.reason)}`);
      return `no (${notes.length})`;
    }
  }
  return '-';
}

function oneLine(text: string): string {
  return text
    .replace(/\/(?:tmp|work|w|home|root|usr)\/\S*/g, '…')
    .replace(/[0-9A-F]{12,}:/g, '')
    .replace(/[\s|<>`*_]+/g, ' ')
    .trim()
    .slice(0, 160);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
