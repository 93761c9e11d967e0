import type { FastifyInstance } from 'fastify';
import { HEALTH_PATHS } from '../routes/health-routes.js';
import { sendProblem } from '../problem.js';

/**
 * The end of a process as its clients see it: requests that run are answered, new ones are sent elsewhere, and until
 * the last answer, /health reports the reason.
 */
export class Drain {
  #running = 0;
  #begun = false;
  #onIdle: () => void = () => undefined;

  get begun(): boolean {
    return this.#begun;
  }

  watch(server: FastifyInstance): void {
    server.addHook('onRequest', async (request, reply) => {
      if (HEALTH_PATHS.includes(request.routeOptions.url ?? '')) return;
      if (this.#begun) {
        await sendProblem(reply.header('retry-after', '1'), 503, 'UNAVAILABLE', 'this process is ending: try again');
        return;
      }
      this.#running++;
      // Not Fastify's onResponse: that is not called when the client went away before the answer.
      reply.raw.once('close', () => {
        this.#running--;
        if (this.#running === 0) this.#onIdle();
      });
    });
    // A connection that is kept alive would outlive the last answer on it, and the end of the server waits for it.
    server.addHook('onSend', (_request, reply, payload: unknown, done) => {
      if (this.#begun) reply.header('connection', 'close');
      done(null, payload);
    });
  }

  /** Takes no more requests. @returns when those that run are answered */
  async begin(): Promise<void> {
    this.#begun = true;
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
  }
}
