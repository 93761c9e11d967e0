import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';

/** Answers with problem details (RFC 9457); `code` is stable. */
export async function sendProblem(reply: FastifyReply, status: number, code: string, detail: string): Promise<void> {
  await reply
    .code(status)
    .header('content-type', 'application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? '', status, code, detail }));
}
