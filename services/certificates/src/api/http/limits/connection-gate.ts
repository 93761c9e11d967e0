import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

export interface GateLimits {
  /** Connections of any kind; what comes beyond them is closed. */
  readonly connections: number;
  /** Those that have shown no valid token yet; the one that waits longest makes room for the next. */
  readonly strangers: number;
  /** How long an answer may lie unread. */
  readonly unreadMs: number;
  /** How often that is looked at. */
  readonly sweepMs: number;
  /** Requests of one connection that may wait for the answers before them; who sends more is cut off. */
  readonly pipelined: number;
}

/** A share of the descriptors that a process may have: PostgreSQL, NATS and files need some, whoever connects. */
export function gateLimits(descriptors: number): GateLimits {
  const connections = Math.max(64, Math.min(16_384, Math.floor(descriptors / 2)));
  return {
    connections,
    strangers: Math.min(1_024, Math.floor(connections / 2)),
    unreadMs: 30_000,
    sweepMs: 5_000,
    pipelined: 64,
  };
}

interface Seat {
  /** Answers that are still to come on the connection, in their order. */
  readonly unanswered: ServerResponse[];
  whenAnswered: (() => void) | undefined;
  /** Requests that wait until those before them are answered. */
  readonly turns: Map<ServerResponse, () => void>;
  unread: { readonly progress: string; readonly since: number };
}

/** How long a body goes on to come that nobody wants. */
const UNWANTED_MS = 2_000;

/** Knows every connection of a server: whoever takes one over, its errors are listened to until it is closed. */
export class ConnectionGate {
  readonly #limits: GateLimits;
  readonly #seats = new Map<Socket, Seat>();
  /** In the order in which they came. */
  readonly #strangers = new Set<Socket>();
  readonly #onRefused: () => void;

  constructor(limits: GateLimits, onRefused: () => void = () => undefined) {
    this.#limits = limits;
    this.#onRefused = onRefused;
  }

  /** Connections that are open. */
  get size(): number {
    return this.#seats.size;
  }

  watch(server: Server): void {
    server.on('connection', (socket) => this.#enter(socket));
    if (server instanceof TlsServer) server.on('secureConnection', (socket: Socket) => this.#secured(socket));
    server.prependListener('request', (request, response) => this.#asked(request, response));
    // Who waits for 100 Continue is told so by what reads the body, and not before.
    server.on('checkContinue', (request, response) => server.emit('request', request, response));
    const sweep = setInterval(() => this.#sweep(), this.#limits.sweepMs).unref();
    server.once('close', () => clearInterval(sweep));
  }

  /** Somebody on the connection has shown a valid token. */
  known(socket: Socket): void {
    this.#strangers.delete(socket);
  }

  /** Calls back when every request before is answered; not at all when the connection is closed by then. */
  whenAnswered(socket: Socket, then: () => void): void {
    const seat = this.#seats.get(socket);
    if (!seat) return;
    if (seat.unanswered.length === 0) then();
    else seat.whenAnswered = then;
  }

  /**
   * Calls back when every request before is answered, and the answers are read: one is being made at a time, however many
   * are asked for. Not at all, when the connection is closed by then.
   */
  whenItsTurn({ socket }: IncomingMessage, response: ServerResponse, then: () => void): void {
    const seat = this.#seats.get(socket);
    const [first = response] = seat?.unanswered ?? [];
    if (!seat || first === response) then();
    else seat.turns.set(response, then);
  }

  #enter(socket: Socket): void {
    // One whose Upgrade was not wanted comes again.
    if (this.#seats.has(socket)) return;
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.#seats.delete(socket);
      this.#strangers.delete(socket);
    });
    const unread = { progress: '', since: 0 };
    this.#seats.set(socket, { unanswered: [], whenAnswered: undefined, turns: new Map(), unread });
    this.#strangers.add(socket);
    const { connections, strangers } = this.#limits;
    if (this.#seats.size <= connections && this.#strangers.size <= strangers) return;
    this.#onRefused();
    for (const stranger of this.#strangers) if (this.#isWaiting(stranger)) return void stranger.destroy();
    socket.destroy();
  }

  /** What carried the handshake carries requests from here on, and is seen from above alone. */
  #secured(socket: Socket): void {
    const { _parent: carrier } = socket as { _parent?: Socket };
    if (carrier) {
      this.#seats.delete(carrier);
      this.#strangers.delete(carrier);
    }
    this.#enter(socket);
  }

  /** Nothing is being done for it: it has not asked, or has its answer. */
  #isWaiting(socket: Socket): boolean {
    for (const response of this.#seats.get(socket)?.unanswered ?? []) if (!response.writableEnded) return false;
    return true;
  }

  #asked(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const seat = this.#seats.get(socket);
    if (!seat) return;
    seat.unanswered.push(response);
    if (seat.unanswered.length > this.#limits.pipelined) {
      if (!socket.destroyed) this.#onRefused();
      socket.destroy();
      return;
    }
    response.once('finish', () => {
      if (request.complete) return;
      // Answered before its end was there: who still sends may read the answer, and not much more.
      request.resume();
      setTimeout(() => request.complete || socket.destroy(), UNWANTED_MS).unref();
    });
    response.once('close', () => {
      seat.unanswered.splice(seat.unanswered.indexOf(response), 1);
      const [next] = seat.unanswered;
      if (next) this.#begin(seat, next);
      if (seat.unanswered.length > 0 || !seat.whenAnswered) return;
      const then = seat.whenAnswered;
      seat.whenAnswered = undefined;
      if (!socket.destroyed) then();
    });
  }

  #begin(seat: Seat, response: ServerResponse): void {
    const turn = seat.turns.get(response);
    seat.turns.delete(response);
    turn?.();
  }

  /** Ends connections whose peer does not read what it asked for. */
  #sweep(): void {
    const now = performance.now();
    for (const [socket, seat] of this.#seats) {
      const progress = progressOf(socket);
      if (socket.writableLength === 0 || progress !== seat.unread.progress) seat.unread = { progress, since: now };
      else if (now - seat.unread.since > this.#limits.unreadMs) socket.destroy();
    }
  }
}

/**
 * Changes when the peer has read something, and not when more is written: pings that pile up are no sign of life. Of one
 * large write that the peer reads slowly Node tells by the queue of its handle alone.
 */
function progressOf(socket: Socket): string {
  const { _handle: handle } = socket as { _handle?: { writeQueueSize?: number } | null };
  return `${socket.bytesWritten - socket.writableLength}/${handle?.writeQueueSize ?? 0}`;
}
