import * as decode from '../text/decode.js';
import { countOrNull } from '../jvm/other-trust.js';

/** Traits of what an agent says of its host. */
interface FactTraits {
  readonly type: 'NUMBER' | 'TEXT';
  /** Shown by the API. */
  readonly description: string;
}

/**
 * What an agent says of its host and the service stores and shows, and by which nothing is decided. Decoder, storage and the
 * GraphQL type follow from the rows. Each is null where an agent does not say it: agents of other releases exist.
 */
export const HOST_FACTS = {
  issuerBytes: {
    type: 'NUMBER',
    description:
      "Size of the subjects of all entries in the host's truststore, in bytes, each with the 2-byte length prefix that a TLS server sends.",
  },
} as const satisfies Record<string, FactTraits>;

/** Name of a fact. */
export type HostFact = keyof typeof HOST_FACTS;

/** Values of all facts. */
export type HostFacts = {
  readonly [Name in HostFact]: { NUMBER: number; TEXT: string }[(typeof HOST_FACTS)[Name]['type']] | null;
};

export const hostFacts = Object.keys(HOST_FACTS) as readonly HostFact[];

/** Facts of a host; those that are not given are null. */
export function factsOf(given: Partial<HostFacts> | null | undefined): HostFacts {
  return Object.fromEntries(hostFacts.map((name) => [name, given?.[name] ?? null])) as HostFacts;
}

/** Reads the facts of a status. @throws MalformedError */
export function decodeFacts(status: Readonly<Record<string, unknown>>): HostFacts {
  const readers = {
    NUMBER: countOrNull,
    TEXT: (value: unknown, field: string) => decode.nullable(value ?? null, field, decode.text),
  };
  return Object.fromEntries(
    hostFacts.map((name) => [name, readers[HOST_FACTS[name].type](status[name], name)]),
  ) as HostFacts;
}
