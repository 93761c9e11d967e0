import * as decode from '../text/decode.js';

/** A point in the history of one environment. The epoch grows only when an administrator says so after a restore. */
export interface Position {
  readonly epoch: number;
  readonly revision: number;
}

/** Negative, zero or positive as `a` is before, at or after `b`. */
export function comparePositions(a: Position, b: Position): number {
  return a.epoch - b.epoch || a.revision - b.revision;
}

/** `<epoch>.<revision>`, as in the pull's `after` parameter. */
export function formatPosition(position: Position): string {
  return `${position.epoch}.${position.revision}`;
}

/** Reads {@link formatPosition}'s text; undefined when it is not one. */
export function parsePosition(text: string): Position | undefined {
  const match = /^(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})$/.exec(text);
  return match ? { epoch: Number(match[1]), revision: Number(match[2]) } : undefined;
}

/** Reads `{epoch, revision}`. @throws MalformedError */
export function decodePosition(value: unknown, field: string): Position {
  const position = decode.object(value, field);
  return {
    epoch: decode.int32(position.epoch, `${field}.epoch`),
    revision: decode.int32(position.revision, `${field}.revision`),
  };
}
