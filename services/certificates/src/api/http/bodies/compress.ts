import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** Size below which compression saves little. */
const MIN_BYTES = 1_024;
const TEXT = /^(text\/|application\/([\w.-]+\+)?json|application\/x-pem-file)/;

/** Of bodies that are sent more than once. */
const compressedBodies = new WeakMap<Buffer, Map<string, Promise<Buffer>>>();

const brotli = promisify(brotliCompress);
const zip = promisify(gzip);
/** By preference. The levels cost about as much as the answer itself did. */
const ENCODINGS = {
  br: (body: Buffer) =>
    brotli(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_SIZE_HINT]: body.length } }),
  gzip: (body: Buffer) => zip(body, { level: 4 }),
};

/**
 * Compresses the text of a scope's answers, unless they say `no-transform`: what may hold a secret does, for the size
 * of a compressed answer tells of what is in it.
 */
export function compressAnswers(scope: FastifyInstance): void {
  scope.addHook('onSend', (request, reply, payload: unknown, done) => {
    const body = typeof payload === 'string' ? Buffer.from(payload) : payload;
    if (!Buffer.isBuffer(body) || !isCompressible(reply, body)) {
      done(null, payload);
      return;
    }
    reply.header('vary', 'accept-encoding');
    const encoding = chosenEncoding(request.headers['accept-encoding'] ?? '');
    if (encoding === undefined) {
      done(null, body);
      return;
    }
    compressOnce(body, encoding).then(
      (compressed) => {
        reply.header('content-encoding', encoding).removeHeader('content-length');
        const etag = reply.getHeader('etag');
        // Not the same bytes (RFC 9110, 8.8.3).
        if (typeof etag === 'string' && !etag.startsWith('W/')) reply.header('etag', `W/${etag}`);
        done(null, compressed);
      },
      (error: unknown) => done(error as Error),
    );
  });
}

function compressOnce(body: Buffer, encoding: keyof typeof ENCODINGS): Promise<Buffer> {
  const known = compressedBodies.get(body) ?? new Map<string, Promise<Buffer>>();
  const compressed = known.get(encoding) ?? ENCODINGS[encoding](body);
  compressedBodies.set(body, known.set(encoding, compressed));
  return compressed;
}

function isCompressible(reply: FastifyReply, { length }: Buffer): boolean {
  return (
    length >= MIN_BYTES &&
    !reply.hasHeader('content-encoding') &&
    TEXT.test(String(reply.getHeader('content-type'))) &&
    !/\bno-transform\b/.test(String(reply.getHeader('cache-control')))
  );
}

/** RFC 9110, 12.5.3. @returns undefined for none of ours */
export function chosenEncoding(accepted: string): keyof typeof ENCODINGS | undefined {
  const weights = new Map<string, number>();
  for (const item of accepted.split(',')) {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
    weights.set(name, Number(weight) || 0);
  }
  const weightOf = (name: string) => weights.get(name) ?? weights.get('*') ?? 0;
  const [best] = (Object.keys(ENCODINGS) as (keyof typeof ENCODINGS)[])
    .filter((name) => weightOf(name) > 0 && weightOf(name) >= (weights.get('identity') ?? 0))
    .sort((a, b) => weightOf(b) - weightOf(a));
  return best;
}
