import * as decode from '../text/decode.js';

/** What of a JVM's report holds less than there is to say. */
export const PARTIAL_FIELDS = ['alsoInBase', 'otherTrust', 'olderConnections'] as const;
export type PartialField = (typeof PARTIAL_FIELDS)[number];

/** Reads it from untrusted JSON. @throws MalformedError */
export function decodePartial(value: unknown, field: string): PartialField[] {
  return decode
    .array(value, field, PARTIAL_FIELDS.length)
    .map((name, index) => decode.oneOf(name, `${field}[${index}]`, PARTIAL_FIELDS));
}
