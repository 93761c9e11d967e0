import { createHash } from 'node:crypto';

/** A link of the chain: where it is, and a hash over everything up to it. */
export interface ChainHead {
  readonly sequence: number;
  readonly hash: string;
}

/** What stands before the first record. Another installation's chain is another chain. */
export function chainStart(installation: string): ChainHead {
  return { sequence: 0, hash: sha256(`trustcast-audit/1\n${installation}`) };
}

/** @param record SHA-256 of the record, in hexadecimal */
export function nextLink(head: ChainHead, record: string): ChainHead {
  return { sequence: head.sequence + 1, hash: sha256(`${head.hash}\n${record}`) };
}

/** A head as it is written down: `<sequence>:<hash>`. */
export function formatHead({ sequence, hash }: ChainHead): string {
  return `${sequence}:${hash}`;
}

/** undefined: not a head. */
export function parseHead(text: string): ChainHead | undefined {
  const [, sequence, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  return sequence === undefined || hash === undefined ? undefined : { sequence: Number(sequence), hash };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
