import { register } from 'node:module';

/**
 * Preloaded into a service (`--import`): nobody is asked who they are. What `guard` costs, rates and the look-up of the
 * token, is what the bench of access compares with.
 */
const STUB = `
import { UNLIMITED } from '../../../features/records/grants.js';
const caller = { actor: 'anybody', name: 'anybody', kind: 'API_TOKEN', user: null, grants: UNLIMITED, expiresAt: null };
export function guard(scope, { onKnown }) {
  scope.addHook('onRequest', (request, _reply, done) => {
    onKnown(request);
    done();
  });
  return { of: () => caller, holds: () => Promise.resolve(true) };
}`;
const HOOKS = `
export async function load(url, context, next) {
  if (!url.endsWith('/src/api/http/limits/access.js')) return next(url, context);
  return { format: 'module', shortCircuit: true, source: ${JSON.stringify(STUB)} };
}`;

register(`data:text/javascript,${encodeURIComponent(HOOKS)}`);
