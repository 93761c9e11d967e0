import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../../features/records/grants.js';
import { ForbiddenError } from '../../../features/records/forbidden.js';
import { type Permission, holdsIn, holdsSomewhere } from '../../../features/records/grants.js';
import type { Origin } from '../../../features/requests/request.js';
import { sendProblem } from '../problem.js';
import type { Access } from './access.js';

/**
 * Refuses a request without a permission. Without environments it must hold somewhere: what is answered is limited to where
 * it does.
 *
 * @returns false when the request has been refused
 */
export type Permits = (
  request: FastifyRequest,
  reply: FastifyReply,
  permission: Permission,
  environments?: readonly string[],
) => Promise<boolean>;

export function permissions(
  access: Pick<Access<Caller>, 'of'>,
  onDenied: (origin: Origin, error: ForbiddenError) => void,
): Permits {
  return async (request, reply, permission, environments = []) => {
    const { actor, grants } = access.of(request);
    const missing = environments.filter((name) => !holdsIn(grants, permission, name));
    if (holdsSomewhere(grants, permission) && missing.length === 0) return true;
    const error = new ForbiddenError(permission, missing);
    onDenied({ actor, address: request.ip, requestId: request.id }, error);
    await sendProblem(reply, 403, error.code, error.message);
    return false;
  };
}
