import { replaceEach } from '../large-text.js';
import { readForms, unescaped } from './text-forms.js';

/** A line of dashes, with the sign that a diff or a comment puts before it. */
const DASHES = /[^\s-]{0,2}-{1,5}[ ]?(?:BEGIN|END)[ _+][^\n]{0,200}-/;
/** What stands around base64 in a line. */
const EDGES = /^[^A-Za-z0-9+/=-]{1,256}|[^A-Za-z0-9+/=-]{1,256}$/g;
/** In a longer line nothing stands around one value. */
const LONGEST_LINE = 4_096;
/** What ends a line without being a line end. */
const LINE_ENDS =
  /<[^<>\n]{1,512}>|\\[rn]|["'][ ]?(?:&|\+|\.|\|\|)[ ]?(?:vb[a-z]{2,8}|Environment\.NewLine|PHP_EOL|CHR\(1[03]\)|#1[03](?:#10)?)/gi;
/** The soft line break of a mail, whose line end became a blank or went. */
const SOFT_BREAKS = /=[ \t\n]{1,16}(?=[A-Za-z0-9+/])/g;

const WORD_ENDS = /(-{1,5}[ ]?(?:BEGIN|END)[ _+][A-Z0-9 #]{1,60}-{1,5})|[ \t]{1,64}/gi;

/**
 * Ways to see a text in which nothing could be read by its forms: those forms read once more, in it and in its lines without what
 * stands around them. Each may be wrong. What is found so counts only if it is a whole certificate.
 */
export function everySight(sights: readonly string[]): string[] {
  const seen = new Set(sights);
  for (const text of sights) {
    const read = readForms(text).text;
    seen.add(read);
    for (const bare of new Set([bareWords(text), bareLines(text), bareLines(read)]))
      for (const sight of [
        bare,
        readForms(bare).text,
        unescaped(bare),
        readForms(replaceEach(bare, SOFT_BREAKS, '')).text,
      ])
        seen.add(sight);
  }
  return [...seen];
}

/** The last word of each line, and lines of dashes. What few lines have around them is damage, not decoration. */
function bareLines(text: string): string {
  const lines = replaceEach(text, LINE_ENDS, '\n').split('\n');
  const bare = lines.map((line) => (line.length > LONGEST_LINE ? line : bareLine(line.replace(EDGES, ''))));
  const areAlike = bare.filter((line, at) => line !== lines[at]).length * 2 >= lines.length;
  return (areAlike ? bare.filter((line) => line !== '') : lines).join('\n');
}

function bareLine(line: string): string {
  return DASHES.exec(line)?.[0] ?? line.slice(Math.max(line.lastIndexOf(' '), line.lastIndexOf('\t')) + 1);
}

/** Each word in a line of its own, and each line of dashes: line ends that became blanks. */
function bareWords(text: string): string {
  return replaceEach(text, WORD_ENDS, (_, [dashes]) => dashes ?? '\n');
}
