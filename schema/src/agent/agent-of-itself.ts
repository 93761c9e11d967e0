import * as decode from '../text/decode.js';

/** What the service tells an agent of itself. It is not signed: it helps people, and nothing is done by it. */
export interface AgentOfItself {
  /** Why two hosts are taken for one, and what to do; null: only one reports with its key. */
  readonly duplicate: string | null;
}

/** Reads an answer from untrusted bytes. @throws MalformedError */
export function decodeAgentOfItself(bytes: Uint8Array): AgentOfItself {
  const { duplicate } = decode.object(decode.json(bytes, 64 * 1_024, 'self'), 'self');
  return { duplicate: decode.nullable(duplicate, 'duplicate', (value, field) => decode.text(value, field, 4_096)) };
}
