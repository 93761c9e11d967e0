/** Rows of cells as a Markdown table, of which the first row is the head. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`;
  const [head, ...body] = rows;
  return line(head ?? []) + line(widths.map((width) => '-'.repeat(width))) + body.map(line).join('');
}

/** The same on every JDK, or each with its own. */
export function cellOf(answers: readonly { readonly major: number; readonly answer: string }[]): string {
  const [first] = answers;
  if (first === undefined) return '-';
  if (answers.every(({ answer }) => answer === first.answer)) return first.answer;
  return answers.map(({ major, answer }) => `${major}: ${answer}`).join(', ');
}

/** Replaces what stands between two comments of a page. */
export function between(page: string, name: string, text: string): string {
  const begin = `<!-- ${name} -->\n\n`;
  const end = `\n<!-- /${name} -->`;
  return page.slice(0, page.indexOf(begin) + begin.length) + text + page.slice(page.indexOf(end));
}
