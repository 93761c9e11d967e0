import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** Close codes of RFC 6455, 7.4.1. */
const CLOSE = { goingAway: 1001, protocolError: 1002, noStatus: 1005, notText: 1003, invalidText: 1007, tooBig: 1009 };
const OPCODE = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa };
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const CLOSE_TIMEOUT_MS = 2_000;

export interface WebSocketOptions {
  readonly maxMessageBytes: number;
  /** How often the peer is asked whether it is there; one that does not answer until the next is cut off. */
  readonly pingMs: number;
}

/** The server's end of a WebSocket (RFC 6455) that carries text. */
export class WebSocket {
  readonly protocol: string;
  readonly #socket: Duplex;
  readonly #options: WebSocketOptions;
  readonly #pings: NodeJS.Timeout;
  #buffered: Buffer = Buffer.alloc(0);
  #fragments: Buffer[] | undefined;
  #alive = true;
  #closing = false;
  #closed = false;
  #onMessage: (text: string) => void = () => undefined;
  #onClose: (code: number, reason: string) => void = () => undefined;

  constructor(socket: Duplex, protocol: string, options: WebSocketOptions) {
    this.protocol = protocol;
    this.#socket = socket;
    this.#options = options;
    this.#pings = setInterval(() => this.#ping(), options.pingMs);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#ended(CLOSE.noStatus, ''));
  }

  onMessage(listener: (text: string) => void): void {
    this.#onMessage = listener;
  }

  onClose(listener: (code: number, reason: string) => void): void {
    this.#onClose = listener;
  }

  /** Resolves once the text has left; a slow reader is waited for. */
  send(text: string): Promise<void> {
    return this.#write(OPCODE.text, Buffer.from(text));
  }

  close(code: number, reason = ''): void {
    if (this.#closing) return;
    this.#closing = true;
    const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
    payload.writeUInt16BE(code);
    payload.write(reason, 2);
    void this.#write(OPCODE.close, payload);
    setTimeout(() => this.#socket.destroy(), CLOSE_TIMEOUT_MS).unref();
  }

  #ping(): void {
    if (!this.#alive) {
      this.#socket.destroy();
      return;
    }
    this.#alive = false;
    void this.#write(OPCODE.ping, Buffer.alloc(0));
  }

  #ended(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#closing = true;
    clearInterval(this.#pings);
    this.#onClose(code, reason);
  }

  #write(opcode: number, payload: Buffer): Promise<void> {
    if (this.#closed || this.#socket.destroyed) return Promise.resolve();
    const { length } = payload;
    const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
    header[0] = 0x80 | opcode;
    if (length < 126) header[1] = length;
    else if (length < 65_536) {
      header[1] = 126;
      header.writeUInt16BE(length, 2);
    } else {
      header[1] = 127;
      header.writeBigUInt64BE(BigInt(length), 2);
    }
    return new Promise((resolve) => {
      this.#socket.write(Buffer.concat([header, payload]), () => resolve());
    });
  }

  #read(chunk: Buffer): void {
    this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk]);
    for (;;) {
      const frame = this.#frame();
      if (frame === undefined) return;
      if (typeof frame === 'number') {
        this.#fail(frame);
        return;
      }
      const failure = this.#receive(frame);
      if (failure !== undefined) {
        this.#fail(failure);
        return;
      }
    }
  }

  #fail(code: number): void {
    this.#buffered = Buffer.alloc(0);
    this.#socket.removeAllListeners('data').resume();
    this.close(code);
    this.#ended(code, '');
  }

  /** One frame (5.2); a close code when it breaks a rule; undefined while it is not whole. */
  #frame(): Frame | number | undefined {
    const buffer = this.#buffered;
    if (buffer.length < 2) return undefined;
    const [first = 0, second = 0] = buffer;
    const opcode = first & 0x0f;
    const final = (first & 0x80) !== 0;
    const control = opcode >= 0x8;
    if ((first & 0x70) !== 0 || (second & 0x80) === 0 || !Object.values(OPCODE).includes(opcode))
      return CLOSE.protocolError;
    let length = second & 0x7f;
    if (control && (length > 125 || !final)) return CLOSE.protocolError;
    let at = 2;
    if (length === 126) {
      if (buffer.length < 4) return undefined;
      length = buffer.readUInt16BE(2);
      at = 4;
    } else if (length === 127) {
      if (buffer.length < 10) return undefined;
      length = Number(buffer.readBigUInt64BE(2));
      at = 10;
    }
    if (length > this.#options.maxMessageBytes) return CLOSE.tooBig;
    if (buffer.length < at + 4 + length) return undefined;
    const mask = buffer.subarray(at, at + 4);
    const payload = Buffer.from(buffer.subarray(at + 4, at + 4 + length));
    for (let index = 0; index < length; index++) payload[index] = (payload[index] ?? 0) ^ (mask[index & 3] ?? 0);
    this.#buffered = buffer.subarray(at + 4 + length);
    return { opcode, final, payload };
  }

  /** @returns a close code when the frame breaks a rule */
  #receive({ opcode, final, payload }: Frame): number | undefined {
    this.#alive = true;
    switch (opcode) {
      case OPCODE.ping:
        void this.#write(OPCODE.pong, payload);
        return undefined;
      case OPCODE.pong:
        return undefined;
      case OPCODE.close: {
        const code = payload.length >= 2 ? payload.readUInt16BE() : CLOSE.noStatus;
        this.close(code === CLOSE.noStatus ? 1000 : code);
        this.#socket.end();
        this.#ended(code, payload.subarray(2).toString('utf8'));
        return undefined;
      }
      case OPCODE.binary:
        return CLOSE.notText;
      case OPCODE.text:
        if (this.#fragments) return CLOSE.protocolError;
        this.#fragments = [payload];
        break;
      default:
        if (!this.#fragments) return CLOSE.protocolError;
        this.#fragments.push(payload);
    }
    const size = this.#fragments.reduce((sum, { length }) => sum + length, 0);
    if (size > this.#options.maxMessageBytes) return CLOSE.tooBig;
    if (!final) return undefined;
    const message = Buffer.concat(this.#fragments);
    this.#fragments = undefined;
    try {
      this.#onMessage(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(message));
      return undefined;
    } catch {
      return CLOSE.invalidText;
    }
  }
}

interface Frame {
  readonly opcode: number;
  readonly final: boolean;
  readonly payload: Buffer;
}

/**
 * Answers the opening handshake (4.2).
 *
 * @param choose picks one of the subprotocols that the client offers
 * @returns undefined when the request was refused and the socket is closed
 */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: WebSocketOptions & { choose: (offered: ReadonlySet<string>) => string | false },
): WebSocket | undefined {
  const { headers } = request;
  const key = headers['sec-websocket-key'];
  const offered = new Set((headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim()));
  const protocol = options.choose(offered);
  const refusal =
    headers['sec-websocket-version'] !== '13'
      ? '426 Upgrade Required\r\nSec-WebSocket-Version: 13'
      : request.method !== 'GET' ||
          headers.upgrade?.toLowerCase() !== 'websocket' ||
          !/^[A-Za-z0-9+/]{22}==$/.test(key ?? '') ||
          protocol === false
        ? '400 Bad Request'
        : undefined;
  if (refusal !== undefined || protocol === false) {
    socket.end(`HTTP/1.1 ${refusal ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    return undefined;
  }
  const accept = createHash('sha1')
    .update(`${key ?? ''}${ACCEPT_GUID}`)
    .digest('base64');
  socket.write(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${accept}`,
      `Sec-WebSocket-Protocol: ${protocol}`,
      '\r\n',
    ].join('\r\n'),
  );
  if (head.length > 0) socket.unshift(head);
  return new WebSocket(socket, protocol, options);
}
