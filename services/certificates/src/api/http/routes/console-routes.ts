import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { chosenEncoding } from '../bodies/compress.js';
import { sendProblem } from '../problem.js';
import type { ConsoleFiles } from './console-files.js';

const PAGE = 'index.html';
const YEAR_S = 365 * 24 * 3_600;
/** Scripts, styles and images of this service alone, and no request to anybody else. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The console. Every address below it that is no file answers its page: which view that is, the page reads from the address. */
export function consoleRoutes(server: FastifyInstance, files: ConsoleFiles): void {
  const toConsole = (_request: FastifyRequest, reply: FastifyReply) => reply.redirect('/console/', 302);
  server.get('/', toConsole);
  server.get('/console', toConsole);
  server.get<{ Params: { '*': string } }>('/console/*', async (request, reply) => {
    const name = request.params['*'];
    const file = files.get(name) ?? (name.startsWith('assets/') ? undefined : files.get(PAGE));
    if (!file) {
      const detail = files.size === 0 ? 'the console is not built: npm run build' : 'there is no such file';
      await sendProblem(reply, 404, 'NOT_FOUND', detail);
      return reply;
    }
    reply.headers({
      'content-security-policy': POLICY,
      'cache-control': file.lasting ? `public, max-age=${YEAR_S}, immutable` : 'no-cache',
      etag: file.etag,
      vary: 'accept-encoding',
    });
    if (request.headers['if-none-match'] === file.etag) return reply.code(304).send();
    reply.type(file.type);
    if (file.brotli && chosenEncoding(request.headers['accept-encoding'] ?? '') === 'br')
      return reply.header('content-encoding', 'br').send(file.brotli);
    return reply.send(file.plain);
  });
}
