import type { FastifyReply } from 'fastify';
import { WARNED_DAYS } from '../../features/records/api-token-record.js';
import type { Caller } from '../../features/records/grants.js';

const WARNED_MS = WARNED_DAYS * 86_400_000;

/** Tells whoever asks with an API token that it expires soon: who holds it is not who may list tokens. */
export function tellTokenEnd(reply: FastifyReply, { kind, expiresAt }: Caller): void {
  if (kind !== 'API_TOKEN' || expiresAt === null || expiresAt.getTime() - Date.now() > WARNED_MS) return;
  reply.header('trustcast-token-expires', expiresAt.toISOString());
}
