import { type RequestListener, type Server, createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { KnownProblem } from '../platform/problems/problems.js';
import { explainListen } from '../platform/start-error.js';
import type { ServerTls } from '../platform/tls/server-tls.js';

export interface WaitingServer {
  readonly url: string;
  readonly port: number;
  /** Stops listening, so that the service can. */
  close(): Promise<void>;
}

/** Answers for a service that waits for its database: it is alive, not ready, and says why. */
export async function listenWaiting(
  { host, port }: { host: string; port: number },
  problems: () => readonly KnownProblem[],
  tls: ServerTls | null,
): Promise<WaitingServer> {
  const server = serverFor(tls, (request, response) => {
    request.resume();
    const path = request.url?.split('?', 1)[0];
    const known = problems();
    const reasons = [...new Set([...known.map(({ code }) => code), ...(known.length === 0 ? ['STARTING'] : [])])];
    const [status, type, body] =
      path === '/healthz'
        ? [200, 'application/json', { status: 'ok' }]
        : path === '/readyz'
          ? [503, 'application/json', { status: 'not ready', reasons, problems: known }]
          : [
              503,
              'application/problem+json',
              {
                type: 'about:blank',
                title: 'Service Unavailable',
                status: 503,
                code: 'UNAVAILABLE',
                detail: 'the service waits for its database: try again',
              },
            ];
    response
      .writeHead(status, { 'content-type': type, connection: 'close', ...(status === 503 && { 'retry-after': '1' }) })
      .end(JSON.stringify(body));
  });
  await listening(server, host, port);
  const { port: bound } = server.address() as AddressInfo;
  const shown = host.includes(':') ? `[${host}]` : host;
  return {
    url: `${tls ? 'https' : 'http'}://${shown}:${bound}`,
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function serverFor(tls: ServerTls | null, answer: RequestListener) {
  if (!tls) return createServer(answer);
  const server = createTlsServer(tls.options, answer);
  tls.keep(server);
  return server;
}

function listening(server: Pick<Server, 'once' | 'listen'>, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(explainListen(error, host, port)));
    server.listen({ host, port }, resolve);
  });
}
