import { LIMITS } from '@trustcast/schema';
import type { Refusal } from '../../records/refusal.js';

/** An environment whose set has become larger than is safe for all of its JVMs. */
export interface Outgrown {
  readonly environment: string;
  /** Of the subjects of its certificates and of the largest base of its hosts; 0: the change makes them no longer. */
  readonly issuerBytes: number;
  readonly entries: number;
  /** Certificates that its smallest JVM can hold beside the base; null: as many as there are. */
  readonly room: number | null;
}

const MESSAGE = 'a JVM sends the subjects of all its anchors to the clients that it asks for certificates';
const WAY_OUT =
  'remove certificates or shorten their subjects, or run the JVM agent in every such server, which sends an empty list then';
const text = (bytes: number) => bytes.toLocaleString('en-US');

/** Warnings about environments that have outgrown their JVMs. */
export function outgrownWarnings(outgrown: readonly Outgrown[]) {
  return outgrown.flatMap(({ environment, issuerBytes, entries, room }) => [
    ...(issuerBytes > LIMITS.issuerListWarningBytes ? [issuerWarning(environment, issuerBytes)] : []),
    ...(room === null
      ? []
      : [
          {
            code: 'HEAP_TOO_SMALL',
            message:
              `${environment} has ${text(entries)} certificates, and the heap of its smallest JVM has room for about ` +
              `${text(room)}: such a JVM keeps its last set and reports HEAP_TOO_SMALL; give it a larger heap`,
            field: null,
          },
        ]),
  ]);
}

function issuerWarning(environment: string, bytes: number) {
  const code = bytes > LIMITS.issuerListBytes ? 'ISSUER_LIST_TOO_LONG' : 'ISSUER_LIST_LONG';
  const message =
    `the subjects of the anchors of ${environment} have ${text(bytes)} bytes, of at most ${text(LIMITS.issuerListBytes)}: ` +
    `${MESSAGE}, and Java clients end the handshake above that; ${WAY_OUT}`;
  return { code, message, field: null };
}

/** The refusal of a change that makes lists of subjects too long and was not confirmed. @param lists bytes by name of the environment */
export function issuerListRefusal(lists: ReadonlyMap<string, number>): Refusal {
  const shown = [...lists].map(([name, bytes]) => `${text(bytes)} bytes in ${name}`).join(', ');
  return {
    code: 'ISSUER_LIST_TOO_LONG',
    message:
      `the subjects of the anchors would have ${shown}, of at most ${text(LIMITS.issuerListBytes)}: ${MESSAGE}, and Java ` +
      `clients end the handshake above that; ${WAY_OUT}, and confirm it by confirmIssuerList`,
    field: ['confirmIssuerList'],
    environments: [...lists.keys()],
    bytes: Math.max(...lists.values()),
    maxBytes: LIMITS.issuerListBytes,
  };
}
