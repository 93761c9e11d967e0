import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from '../problem.js';

export interface AdmissionLimits {
  /** Requests of a scope that may be under way in this process. */
  readonly total: number;
  /** Of them, those of one sender. */
  readonly each: number;
  /** Who sends them, for the refusal: agents. */
  readonly senders: string;
}

/** Who is sent away comes back within this; drawn for each, so that they do not all come back together. */
const RETRY_AFTER_S = { first: 1, last: 10 };

/**
 * Lets so many requests of a scope in at a time, and sends the others away with a time to come again, before anything is
 * done for them: whoever comes in thousands at once does not take the process from everybody else.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #onDeferred: () => void;
  readonly #bySender = new Map<string, number>();
  #total = 0;

  constructor(limits: AdmissionLimits, onDeferred: () => void = () => undefined) {
    this.#limits = limits;
    this.#onDeferred = onDeferred;
  }

  /** Call it before what finds out who asks. @param free paths that are not counted */
  watch(scope: FastifyInstance, free: readonly string[] = []): void {
    const { total, senders } = this.#limits;
    scope.addHook('onRequest', async (request, reply) => {
      if (free.includes(request.routeOptions.url ?? '')) return undefined;
      if (this.#total >= total) return this.#defer(reply, 503, 'OVERLOADED', `too many ${senders} ask at the moment`);
      this.#total++;
      // Not Fastify's onResponse: that is not called when the client went away before the answer.
      reply.raw.once('close', () => this.#total--);
      return undefined;
    });
  }

  /** Call it after that. */
  watchSenders(scope: FastifyInstance, senderOf: (request: FastifyRequest) => string): void {
    scope.addHook('onRequest', async (request, reply) => {
      const sender = senderOf(request);
      const number = this.#bySender.get(sender) ?? 0;
      if (number >= this.#limits.each)
        return this.#defer(reply, 429, 'TOO_MANY_REQUESTS', 'this agent asks too much at once');
      this.#bySender.set(sender, number + 1);
      reply.raw.once('close', () => this.#leave(sender));
    });
  }

  #leave(sender: string): void {
    const number = (this.#bySender.get(sender) ?? 1) - 1;
    if (number > 0) this.#bySender.set(sender, number);
    else this.#bySender.delete(sender);
  }

  async #defer(reply: FastifyReply, status: number, code: string, detail: string): Promise<FastifyReply> {
    this.#onDeferred();
    const { first, last } = RETRY_AFTER_S;
    const seconds = first + Math.floor(Math.random() * (last - first + 1));
    await sendProblem(
      reply.header('retry-after', String(seconds)),
      status,
      code,
      `${detail}: try again in ${seconds} s`,
    );
    return reply;
  }
}
