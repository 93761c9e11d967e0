/** PostgreSQL takes no NUL in a text: a query for such a name would fail. */
export function isStorable(text: string): boolean {
  return !text.includes('\0');
}
