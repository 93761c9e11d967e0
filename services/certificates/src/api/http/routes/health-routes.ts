import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { Registry } from 'prom-client';
import { sharedAnswer } from '../shared-answer.js';

export interface Readiness {
  /** Why this process should get no requests, as stable codes; none: it is ready. */
  readonly unready: readonly string[];
  /** What it does without meanwhile. Another process would do no better, so requests still come here. */
  readonly degraded: readonly string[];
  /** Current problems with their causes. */
  readonly problems: readonly { readonly code: string; readonly cause: string }[];
}

export const HEALTH_PATHS: readonly string[] = ['/healthz', '/readyz', '/metrics'];

/** Between two answers, however many ask. */
const PAUSES = { metricsMs: 250, readinessMs: 50 };

/** For orchestrators and Prometheus; without an API token, and without anything that needs one. */
export function healthRoutes(
  server: FastifyInstance,
  readiness: () => Promise<Readiness>,
  registry: Registry,
  mayReadMetrics: onRequestAsyncHookHandler,
): void {
  const known = sharedAnswer(readiness, PAUSES.readinessMs);
  // The same bytes for all: they are compressed once, too.
  const metrics = sharedAnswer(async () => Buffer.from(await registry.metrics()), PAUSES.metricsMs);
  server.get('/healthz', () => ({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    const { unready, degraded, problems } = await known();
    const reasons = [...unready, ...degraded];
    const status = unready.length > 0 ? 'not ready' : degraded.length > 0 ? 'degraded' : 'ready';
    const lasting = problems.filter(({ code }) => reasons.includes(code));
    return reply.code(unready.length === 0 ? 200 : 503).send({ status, reasons, problems: lasting });
  });
  server.get('/metrics', { onRequest: mayReadMetrics }, async (_request, reply) =>
    reply.header('content-type', registry.contentType).send(await metrics()),
  );
}
