import { parseAlias } from '../text/alias.js';
import type { Delta } from '../set/certificate-set.js';
import * as decode from '../text/decode.js';
import { LimitExceededError, MalformedError } from '../errors.js';
import { type KeyDocument, decodeKeyDocument } from '../keys/key-document.js';
import { LIMITS } from '../limits.js';
import { type Position, decodePosition } from '../set/position.js';

/**
 * The one shape of a change: body of the `certificate-changed` event, of the heartbeat, and answer of a pull.
 *
 * `from: null` carries the whole set. `from` equal to the statement's own position carries no data: a heartbeat, or an
 * event whose data was too large to send. Otherwise the delta leads from `from` to the statement's position.
 */
export interface ChangeMessage extends Delta {
  /** Compact JWS, see `signStatement`. */
  readonly statement: string;
  readonly from: Position | null;
  /** Which keys sign statements; heartbeats carry it where the service has such a list. */
  readonly keyList?: KeyDocument;
}

/** UTF-8 JSON of a message; `der` as standard base64. */
export function encodeChangeMessage(message: ChangeMessage): Buffer {
  const { statement, from, upserts, removals, keyList } = message;
  return Buffer.from(
    JSON.stringify({
      statement,
      from,
      upserts: upserts.map(({ alias, der }) => ({ alias, der: Buffer.from(der).toString('base64') })),
      removals,
      ...(keyList && { keyList }),
    }),
  );
}

/**
 * Reads a message from untrusted bytes. Members that are not known are ignored; the statement is not verified here.
 *
 * @throws MalformedError, LimitExceededError
 */
export function decodeChangeMessage(bytes: Uint8Array): ChangeMessage {
  const message = decode.object(decode.json(bytes, LIMITS.messageBytes, 'message'), 'message');
  const statement = message.statement;
  if (typeof statement !== 'string') throw new MalformedError('statement', 'must be a string');
  if (statement.length > LIMITS.statementBytes)
    throw new LimitExceededError('statement in bytes', LIMITS.statementBytes, statement.length);
  return {
    statement,
    from: decode.nullable(message.from, 'from', decodePosition),
    upserts: decode.array(message.upserts, 'upserts', LIMITS.entries).map((item, index) => {
      const field = `upserts[${index}]`;
      const entry = decode.object(item, field);
      return {
        alias: decodeAlias(entry.alias, `${field}.alias`),
        der: decode.derBase64(entry.der, `${field}.der`),
      };
    }),
    removals: decode
      .array(message.removals, 'removals', LIMITS.entries)
      .map((alias, index) => decodeAlias(alias, `removals[${index}]`)),
    ...(message.keyList !== undefined && { keyList: decodeKeyDocument(message.keyList, 'keyList') }),
  };
}

function decodeAlias(value: unknown, field: string): string {
  const alias = parseAlias(value, field);
  if (alias !== value) throw new MalformedError(field, 'must be in NFC');
  return alias;
}
