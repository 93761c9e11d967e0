import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { Asn1Error, Asn1Reader } from '@trustcast/keystore';

/** LDAPMessage { messageID 1, ExtendedRequest { 1.3.6.1.4.1.1466.20037 } } of RFC 4511 section 4.14. */
const REQUEST = Buffer.concat([
  Buffer.from('301d020101771880', 'hex'),
  Buffer.from([22]),
  Buffer.from('1.3.6.1.4.1.1466.20037'),
]);
const EXTENDED_RESPONSE = 0x78;
const ENUMERATED = 0x0a;
const MAX_ANSWER_BYTES = 16_384;

/** Asks an LDAP server to speak TLS from here on. @throws Error when it does not want to */
export async function startTls(socket: Duplex, signal: AbortSignal): Promise<void> {
  socket.write(REQUEST);
  const result = resultCode(await readMessage(socket, signal));
  if (result !== 0) throw new Error(`the server refuses StartTLS (result code ${result})`);
}

async function readMessage(socket: Duplex, signal: AbortSignal): Promise<Buffer> {
  let received = Buffer.alloc(0);
  while (received.length < messageLength(received)) {
    const chunk = socket.read() as Buffer | null;
    if (chunk) received = Buffer.concat([received, chunk]);
    else if (socket.readableEnded || socket.destroyed) throw new Error('the server closed the connection');
    else await once(socket, 'readable', { signal });
  }
  return received;
}

/** 2 until more is known. */
function messageLength(bytes: Buffer): number {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined) return 2;
  const lengthBytes = first > 0x80 ? first & 0x7f : 0;
  if (tag !== 0x30 || first === 0x80 || lengthBytes > 2) throw new Error('this is no LDAP server');
  if (bytes.length < 2 + lengthBytes) return 2 + lengthBytes;
  const length = 2 + lengthBytes + (lengthBytes > 0 ? bytes.readUIntBE(2, lengthBytes) : first);
  if (length > MAX_ANSWER_BYTES) throw new Error('this is no LDAP server');
  return length;
}

function resultCode(message: Buffer): number {
  try {
    const fields = new Asn1Reader(message, 'BER').enter(0x30);
    fields.count();
    return fields.enter(EXTENDED_RESPONSE).next(ENUMERATED).content.readUInt8();
  } catch (cause) {
    if (cause instanceof Asn1Error || cause instanceof RangeError) throw new Error('this is no LDAP server', { cause });
    throw cause;
  }
}
