/** What a large body may hold, beside large strings: what it holds is handed on between threads, value by value. */
const JSON_LIMITS = { values: 50_000, depth: 64 };

export type ReadJson = { readonly value: unknown } | { readonly refusal: 'MALFORMED' | 'LIMIT_EXCEEDED' };

/** Parses a body that anybody may have written; no key of it can reach a prototype. */
export function readJson(body: Uint8Array): ReadJson {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch {
    return { refusal: 'MALFORMED' };
  }
  let values = 0;
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    values += level.length;
    if (depth > JSON_LIMITS.depth || values > JSON_LIMITS.values) return { refusal: 'LIMIT_EXCEEDED' };
    const next: unknown[] = [];
    for (const each of level) {
      if (typeof each !== 'object' || each === null) continue;
      if (Object.hasOwn(each, '__proto__')) return { refusal: 'MALFORMED' };
      const inner = Array.isArray(each) ? each : Object.values(each);
      if (values + next.length + inner.length > JSON_LIMITS.values) return { refusal: 'LIMIT_EXCEEDED' };
      next.push(...(inner as unknown[]));
    }
    level = next;
  }
  return { value };
}
