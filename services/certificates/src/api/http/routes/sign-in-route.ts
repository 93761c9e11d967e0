import type { FastifyInstance } from 'fastify';
import type { IssuerSettings } from '../../../features/identity/oidc/issuer-settings.js';

/** How people sign in, for the command line and the console, which know nothing but the address of the service. */
export function signInRoute(server: FastifyInstance, issuers: readonly IssuerSettings[]): void {
  const ways = issuers.flatMap(({ issuer, signIn }) => (signIn ? [{ issuer, ...signIn }] : []));
  server.get('/sign-in', () => ({ issuers: ways }));
}
