/** Formats an error with its causes as one line without a stack. */
export function causeOf(error: unknown): string {
  const said: string[] = [];
  for (let at: unknown = error; at !== undefined && at !== null && said.length < 5; at = (at as Error).cause) {
    const text = sayingOf(at);
    if (text !== '' && !said.some((before) => before.includes(text))) said.push(text);
  }
  return said.join(': ') || 'unknown error';
}

function sayingOf(error: unknown): string {
  // Several addresses of one host: Node puts each one's error into an AggregateError, which says nothing itself.
  const { errors, message, code, name } = error as Partial<AggregateError & NodeJS.ErrnoException>;
  if (Array.isArray(errors) && errors.length > 0) return [...new Set(errors.map(sayingOf))].join(', ');
  const text = typeof error === 'string' ? error : message;
  return (text === '' || text === undefined ? (code ?? name ?? '') : text).replace(/\s+/g, ' ').trim();
}
