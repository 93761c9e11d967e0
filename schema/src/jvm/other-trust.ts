import * as decode from '../text/decode.js';
import { MalformedError } from '../errors.js';

/** How an application trusts beside the JVM's default and our file. */
export const OTHER_TRUST_KINDS = ['OWN_TRUSTSTORE', 'OWN_STACK'] as const;
export type OtherTrustKind = (typeof OTHER_TRUST_KINDS)[number];

/** Trust of the application's own that is in use, of which LIVE says nothing. */
export interface OtherTrust {
  readonly kind: OtherTrustKind;
  /** Class that asked a trust manager with another truststore, or package of a TLS stack that validates chains itself. */
  readonly name: string;
  /** Trust managers that are alive; 1 for a stack. */
  readonly count: number;
}

/** What a JVM names at most. */
const MAX_OTHERS = 32;

/** Missing where an agent of before said nothing of it. */
export function decodeOtherTrust(value: unknown, field: string): OtherTrust[] {
  if (value === undefined) return [];
  return decode.array(value, field, MAX_OTHERS).map((item, index) => {
    const path = `${field}[${index}]`;
    const other = decode.object(item, path);
    const name = decode.text(other.name, `${path}.name`, 256);
    if (!/^[!-~]+$/.test(name)) throw new MalformedError(`${path}.name`, 'must be the name of a class or package');
    return {
      kind: decode.oneOf(other.kind, `${path}.kind`, OTHER_TRUST_KINDS),
      name,
      count: decode.int32(other.count, `${path}.count`),
    };
  });
}

/** Reads a number that an older agent lacks, or that a JVM cannot determine. */
export function countOrNull(value: unknown, field: string): number | null {
  return value === undefined ? null : decode.nullable(value, field, decode.int32);
}
