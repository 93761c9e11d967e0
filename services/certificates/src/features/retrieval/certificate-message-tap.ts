import { Transform, type TransformCallback } from 'node:stream';

const HANDSHAKE_RECORD = 22;
const CERTIFICATE_MESSAGE = 11;
/** Of one chain. */
export const MAX_CERTIFICATES = 100;
const FINISHED_FLIGHT_RECORDS = new Set([20, 23]);

/**
 * Passes a server's bytes on and reads the Certificate message (RFC 5246 section 7.4.2) from them, which is in the clear
 * up to TLS 1.2: the chain of a server that ends the handshake because it wants a certificate of its client, or whose
 * group or chain OpenSSL refuses. What follows the start of the message waits for its end: OpenSSL hangs up at the header
 * of one over 100 KB (SSL_CTX_set_max_cert_list, which Node does not offer).
 */
export class CertificateMessageTap extends Transform {
  #records = Buffer.alloc(0);
  #messages = Buffer.alloc(0);
  #looking = true;
  #received = 0;
  #held: Buffer[] = [];
  /** In the order of the message; empty before it came. */
  presented: readonly Buffer[] = [];

  constructor(private readonly maxBytes: number) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#received += chunk.length;
    if (this.#received > this.maxBytes) {
      done(new Error(`the server sent more than ${this.maxBytes} bytes`));
      return;
    }
    if (this.#looking) this.#look(chunk);
    this.#held.push(chunk);
    if (!this.#looking || this.#messages[0] !== CERTIFICATE_MESSAGE) this.#release();
    done();
  }

  override _flush(done: TransformCallback): void {
    this.#release();
    done();
  }

  #release(): void {
    for (const chunk of this.#held.splice(0)) this.push(chunk);
  }

  #look(chunk: Buffer): void {
    this.#records = Buffer.concat([this.#records, chunk]);
    while (this.#looking && this.#records.length >= 5) {
      const length = this.#records.readUInt16BE(3);
      const type = this.#records[0] ?? 0;
      if (FINISHED_FLIGHT_RECORDS.has(type)) this.#looking = false;
      if (this.#records.length < 5 + length) return;
      if (type === HANDSHAKE_RECORD)
        this.#messages = Buffer.concat([this.#messages, this.#records.subarray(5, 5 + length)]);
      this.#records = this.#records.subarray(5 + length);
      this.#readMessages();
    }
  }

  #readMessages(): void {
    while (this.#messages.length >= 4) {
      const length = this.#messages.readUIntBE(1, 3);
      if (this.#messages.length < 4 + length) return;
      const body = this.#messages.subarray(4, 4 + length);
      if (this.#messages[0] === CERTIFICATE_MESSAGE) {
        this.presented = certificateList(body);
        this.#looking = false;
        return;
      }
      this.#messages = this.#messages.subarray(4 + length);
    }
  }
}

/** Up to where a list is well-formed, and no more than anybody needs. */
function certificateList(body: Buffer): Buffer[] {
  const certificates: Buffer[] = [];
  for (let offset = 3; offset + 3 <= body.length && certificates.length < MAX_CERTIFICATES;) {
    const end = offset + 3 + body.readUIntBE(offset, 3);
    if (end > body.length) break;
    certificates.push(Buffer.from(body.subarray(offset + 3, end)));
    offset = end;
  }
  return certificates;
}
