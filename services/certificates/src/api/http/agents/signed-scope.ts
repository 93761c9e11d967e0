import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import createError from '@fastify/error';
import {
  type HttpSignature,
  TrustcastError,
  contentDigest,
  contentDigestOf,
  readHttpSignature,
} from '@trustcast/schema';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Credentials } from '../../../features/identity/authenticate-agent.js';
import type { Access } from '../limits/access.js';
import type { Asker, Rates } from '../limits/rates.js';
import { sendProblem } from '../problem.js';

export interface SignedScopeOptions<Identity> {
  /** @throws TrustcastError that is not retryable: nobody that is let in asks */
  readonly identify: (credentials: Credentials, request: FastifyRequest) => Promise<Identity>;
  /** Looks again, when it was asked long ago. @throws TrustcastError */
  readonly confirm: (identity: Identity, credentials: Credentials) => Promise<Identity>;
  readonly rates: Rates;
  readonly onKnown: (request: FastifyRequest) => void;
  readonly onRefused: (request: FastifyRequest, code: string) => void;
}

/** How old an identity may be when something is done in its name. */
const MAX_AGE_MS = 2_000;
/** What is refused although it is known who asks. */
const FORBIDDEN = new Set(['ENROLLMENT_TOKEN_REVOKED', 'ENROLLMENT_TOKEN_EXPIRED']);
const EMPTY = contentDigestOf('');

export const DigestError = createError('CONTENT_DIGEST_MISMATCH', 'the body is not the one that was signed', 400);

interface Known<Identity> {
  readonly credentials: Credentials;
  identity: Identity;
  at: number;
  /** The body is the one that was signed, or nothing was. */
  isWhole: boolean;
}

/**
 * Lets nobody into a scope without a signature or a token: before a byte of the body is read, and again when reading it took
 * long. The digest that was signed is compared with the body while it comes, so nothing is done with another one.
 */
export function signedScope<Identity extends object>(
  scope: FastifyInstance,
  { identify, confirm, rates, onKnown, onRefused }: SignedScopeOptions<Identity>,
): Access<Identity> & { readonly watchBodies: () => void } {
  const known = new WeakMap<FastifyRequest, Known<Identity>>();
  const of = (request: FastifyRequest): Known<Identity> => {
    const found = known.get(request);
    if (!found) throw new Error('a request came past its guard');
    return found;
  };
  const refuse = async (request: FastifyRequest, reply: FastifyReply, error: unknown): Promise<void> => {
    if (!(error instanceof TrustcastError) || error.retryable) throw error;
    onRefused(request, error.code);
    await rates.refused(askerOf(request));
    const status = FORBIDDEN.has(error.code) ? 403 : 401;
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    await sendProblem(reply, status, error.code, error.message);
  };
  scope.addHook('onRequest', async (request, reply) => {
    const at = performance.now();
    const waitS = await rates.waitOf(askerOf(request));
    if (waitS !== null) {
      const detail = `too many requests of this agent, or unknown ones from this address: try again in ${waitS} s`;
      await sendProblem(reply.header('retry-after', String(waitS)), 429, 'TOO_MANY_REQUESTS', detail);
      return reply;
    }
    try {
      const { method, raw, headers } = request;
      const signature = readHttpSignature(method, raw.url ?? '', headers);
      const credentials = { signature, authorization: headers.authorization };
      const identity = await identify(credentials, request);
      known.set(request, { credentials, identity, at, isWhole: isWithoutBody(signature) });
      onKnown(request);
      await rates.opened(askerOf(request));
    } catch (error) {
      await refuse(request, reply, error);
      return reply;
    }
  });
  const holds = async (request: FastifyRequest, reply: FastifyReply): Promise<boolean> => {
    const found = of(request);
    const at = performance.now();
    if (at - found.at < MAX_AGE_MS) return true;
    try {
      found.identity = await confirm(found.identity, found.credentials);
      found.at = at;
      return true;
    } catch (error) {
      await refuse(request, reply, error);
      return false;
    }
  };
  scope.addHook('preHandler', async (request, reply) => {
    // A digest was signed of a body that did not come.
    if (!of(request).isWhole) throw DigestError();
    if (!(await holds(request, reply))) return reply;
  });
  return {
    of: (request) => of(request).identity,
    holds,
    watchBodies: () => {
      scope.addHook('preParsing', (request, _reply, payload, done) => {
        const found = of(request);
        const { signature } = found.credentials;
        const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
        if (!signature || (length === '0' && encoding === undefined)) {
          done(null, payload);
          return;
        }
        found.isWhole = false;
        const compared = comparing(signature.request.contentDigest, () => (found.isWhole = true));
        payload.on('error', (error: Error) => compared.destroy(error));
        // Fastify stops listening when it has refused a body.
        compared.on('error', () => undefined);
        done(null, payload.pipe(compared));
      });
    },
  };
}

/** A key id is no secret: from another address nobody uses up what its owner may ask. */
function askerOf({ ip, headers }: FastifyRequest): Asker {
  const [, keyId] = /;keyid="([\w-]{43})"/.exec(String(headers['signature-input'])) ?? [];
  return { ip, authorization: keyId === undefined ? headers.authorization : `Signature ${ip} ${keyId}` };
}

function isWithoutBody(signature: HttpSignature | null): boolean {
  return signature === null || signature.request.contentDigest === EMPTY;
}

/** Passes a body on, and fails at its end where it is another one than was signed. */
function comparing(digest: string, onWhole: () => void): Transform {
  const hash = createHash('sha256');
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk);
      done(null, chunk);
    },
    flush: (done) => {
      if (contentDigest(hash.digest()) !== digest) {
        done(DigestError());
        return;
      }
      onWhole();
      done();
    },
  });
}
