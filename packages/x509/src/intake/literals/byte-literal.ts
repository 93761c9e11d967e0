/** Bytes that stand in a text, from the first character of them to behind the last. */
export interface ByteLiteral {
  readonly from: number;
  readonly to: number;
  readonly bytes: Buffer;
}
