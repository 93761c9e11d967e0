import { request } from 'node:http';
import type { Duplex } from 'node:stream';

type Listener = ((event: { data?: string; code?: number; reason?: string; wasClean?: boolean }) => void) | null;

/** As much of the WHATWG WebSocket as a graphql-ws client needs; Node 20 has none. */
export class FrameSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  readyState = FrameSocket.CONNECTING;
  protocol = '';
  onopen: Listener = null;
  onmessage: Listener = null;
  onclose: Listener = null;
  onerror: Listener = null;
  #socket: Duplex | undefined;
  #buffered = Buffer.alloc(0);

  constructor(url: string, protocol: string) {
    const asked = request(url.replace('ws', 'http'), {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-key': Buffer.alloc(16, 7).toString('base64'),
        'sec-websocket-version': '13',
        'sec-websocket-protocol': protocol,
      },
    });
    asked.on('upgrade', (response, socket, head) => {
      this.#socket = socket;
      this.protocol = response.headers['sec-websocket-protocol'] ?? '';
      this.readyState = FrameSocket.OPEN;
      socket.on('data', (chunk: Buffer) => this.#read(chunk));
      socket.on('close', () => this.#closed(1006, ''));
      socket.on('error', () => undefined);
      this.onopen?.({});
      if (head.length > 0) this.#read(head);
    });
    asked.on('error', () => this.#closed(1006, ''));
    asked.end();
  }

  send(text: string): void {
    this.#write(0x81, Buffer.from(text));
  }

  close(code = 1000, reason = ''): void {
    if (this.readyState !== FrameSocket.OPEN) return;
    this.readyState = FrameSocket.CLOSING;
    const payload = Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]);
    this.#write(0x88, payload);
  }

  #write(first: number, payload: Buffer): void {
    const { length } = payload;
    const size = length < 126 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 0xff];
    this.#socket?.write(Buffer.concat([Buffer.from([first, ...size, 0, 0, 0, 0]), payload]));
  }

  #read(chunk: Buffer): void {
    this.#buffered = Buffer.concat([this.#buffered, chunk]);
    for (;;) {
      const [first = 0, second = 0] = this.#buffered;
      const at = second < 126 ? 2 : 4;
      if (this.#buffered.length < at) return;
      const length = second < 126 ? second : this.#buffered.readUInt16BE(2);
      if (this.#buffered.length < at + length) return;
      const payload = this.#buffered.subarray(at, at + length);
      this.#buffered = this.#buffered.subarray(at + length);
      if (first === 0x81) this.onmessage?.({ data: payload.toString() });
      if (first === 0x89) this.#write(0x8a, payload);
      if (first === 0x88) {
        this.#closed(payload.readUInt16BE(), payload.subarray(2).toString());
        this.#socket?.end();
      }
    }
  }

  #closed(code: number, reason: string): void {
    if (this.readyState === FrameSocket.CLOSED) return;
    this.readyState = FrameSocket.CLOSED;
    this.onclose?.({ code, reason, wasClean: true });
  }
}
