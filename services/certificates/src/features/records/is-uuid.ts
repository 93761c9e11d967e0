/** An id that PostgreSQL takes; any other names nothing. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);
}

/** A UUID in lower case, as the database and all answers have it; any other id as it is. */
export function normalId(id: string): string {
  return isUuid(id) ? id.toLowerCase() : id;
}
