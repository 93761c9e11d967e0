import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { IdentityProviderUnavailableError } from '../../../features/identity/oidc/unavailable.js';
import type { Asker, Rates } from './rates.js';
import { sendProblem } from '../problem.js';

/** Whose an `Authorization` header is; null: nobody's. */
export type Identify<Identity> = (header: string | undefined) => Promise<Identity | null>;

export interface Access<Identity> {
  /** Who asks. */
  readonly of: (request: FastifyRequest) => Identity;
  /** Asks again when the answer is old. @returns false when the request has been refused */
  readonly holds: (request: FastifyRequest, reply: FastifyReply) => Promise<boolean>;
}

export interface AccessOptions<Identity> {
  readonly identify: Identify<Identity>;
  readonly rates: Rates;
  /** Whose requests count as one, whatever tokens he has; null: each token counts by itself. */
  readonly personOf: (identity: Identity) => string | null;
  /** What a token is for, to say so. */
  readonly token: string;
  readonly onKnown: (request: FastifyRequest) => void;
  readonly onRefused: (request: FastifyRequest) => void;
}

/** How old an identity may be when something is done in its name. */
const MAX_AGE_MS = 2_000;

/** Lets nobody into a scope without a token: before a byte of the body is read, and again when reading it took long. */
export function guard<Identity extends object | string>(
  scope: FastifyInstance,
  { identify, rates, personOf, token, onKnown, onRefused }: AccessOptions<Identity>,
): Access<Identity> {
  const known = new WeakMap<FastifyRequest, { readonly identity: Identity; readonly at: number }>();
  const ask = async (request: FastifyRequest, reply: FastifyReply, asker = askerOf(request)): Promise<boolean> => {
    const at = performance.now();
    let identity: Identity | null;
    try {
      identity = await identify(request.headers.authorization);
    } catch (error) {
      if (!(error instanceof IdentityProviderUnavailableError)) throw error;
      // That it is away was logged when it began.
      await sendProblem(reply.header('retry-after', '1'), 503, error.code, error.message);
      return false;
    }
    if (identity !== null) {
      known.set(request, { identity, at });
      onKnown(request);
      const counted = rates.opened(asker, personOf(identity));
      const waitS = counted && (await counted);
      if (waitS !== null) await tooMany(reply, waitS);
      return waitS === null;
    }
    onRefused(request);
    await rates.refused(asker);
    await sendProblem(reply.header('www-authenticate', 'Bearer'), 401, 'UNAUTHENTICATED', token);
    return false;
  };
  const holds = async (request: FastifyRequest, reply: FastifyReply) => {
    const { at = -Infinity } = known.get(request) ?? {};
    return performance.now() - at < MAX_AGE_MS || ask(request, reply);
  };
  scope.addHook('onRequest', async (request, reply) => {
    const asker = askerOf(request);
    const waitS = await rates.waitOf(asker);
    if (waitS !== null) {
      await tooMany(reply, waitS);
      return reply;
    }
    if (!(await ask(request, reply, asker))) return reply;
  });
  scope.addHook('preHandler', async (request, reply) => {
    if (!(await holds(request, reply))) return reply;
  });
  return {
    of: (request) => {
      const found = known.get(request);
      if (!found) throw new Error('a request came past its guard');
      return found.identity;
    },
    holds,
  };
}

async function tooMany(reply: FastifyReply, waitS: number): Promise<void> {
  const detail = `too many requests of this token or person, or with unknown tokens from this address: try again in ${waitS} s`;
  await sendProblem(reply.header('retry-after', String(waitS)), 429, 'TOO_MANY_REQUESTS', detail);
}

function askerOf({ ip, headers }: FastifyRequest): Asker {
  return { ip, authorization: headers.authorization };
}
