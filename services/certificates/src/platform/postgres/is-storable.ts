/** Whether PostgreSQL can store a text; it takes no NUL, and a query with one would fail. */
export function isStorable(text: string): boolean {
  return !text.includes('\0');
}
