import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';

export interface Readiness {
  /** Why this process should get no requests, as stable codes; none: it is ready. */
  readonly unready: readonly string[];
  /** What it does without meanwhile. Another process would do no better, so requests still come here. */
  readonly degraded: readonly string[];
  /** What lasts, with its causes. */
  readonly problems: readonly { readonly code: string; readonly cause: string }[];
}

export const HEALTH_PATHS: readonly string[] = ['/healthz', '/readyz', '/metrics'];

/** For orchestrators and Prometheus; without a token, and without anything that needs one. */
export function healthRoutes(server: FastifyInstance, readiness: () => Promise<Readiness>, registry: Registry): void {
  server.get('/healthz', () => ({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    const { unready, degraded, problems } = await readiness();
    const reasons = [...unready, ...degraded];
    const status = unready.length > 0 ? 'not ready' : degraded.length > 0 ? 'degraded' : 'ready';
    const known = problems.filter(({ code }) => reasons.includes(code));
    return reply.code(unready.length === 0 ? 200 : 503).send({ status, reasons, problems: known });
  });
  server.get('/metrics', async (_request, reply) =>
    reply.header('content-type', registry.contentType).send(await registry.metrics()),
  );
}
