import type { Log } from '@trustcast/config';
import type { FastifyInstance } from 'fastify';
import { sendProblem } from './problem.js';

/** Failures with a status and a code, of this service or of Fastify. */
type Failure = Error & { readonly statusCode?: number; readonly code?: string; readonly retryable?: boolean };

interface Refusal {
  /** Where that of the failure is not the right one. */
  readonly status?: number;
  readonly code: string;
  readonly detail: string;
}

/** What Fastify's own refusals mean, in the words of this service. */
const REFUSALS: Record<string, Refusal | undefined> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'LIMIT_EXCEEDED', detail: 'the body is too large: send it in several requests' },
  TOO_MANY_VALUES: {
    code: 'LIMIT_EXCEEDED',
    detail: 'a large body has too many values, or too deep ones: send it in several requests',
  },
  CONTENT_DIGEST_MISMATCH: {
    code: 'CONTENT_DIGEST_MISMATCH',
    detail: 'the body is not the one that was signed: something between agent and service changed it',
  },
  BODY_IDLE: { code: 'REQUEST_REFUSED', detail: 'the body did not come: send it again' },
  MALFORMED_MULTIPART: { code: 'REQUEST_REFUSED', detail: 'the body is not multipart/form-data, or has no end' },
  MALFORMED_JSON: { code: 'REQUEST_REFUSED', detail: 'the body is not JSON: check quotes, commas and where it ends' },
  FST_ERR_CTP_INVALID_JSON_BODY: {
    code: 'REQUEST_REFUSED',
    detail: 'the body is not JSON, or has a member __proto__: check quotes, commas and where it ends',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'REQUEST_REFUSED', detail: 'the body is empty: JSON is expected' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'REQUEST_REFUSED',
    detail:
      'the content type is not one that is read here: send JSON as application/json, a file as multipart/form-data',
  },
  FST_INVALID_MULTIPART_CONTENT_TYPE: {
    status: 415,
    code: 'REQUEST_REFUSED',
    detail: 'the file is expected as multipart/form-data',
  },
};

/** Answers what fails, and what is not there, as problem details; a body that nobody asked for is not read. */
export function answerErrors(server: FastifyInstance, log: Log): void {
  server.setErrorHandler<Failure>(async (error, request, reply) => {
    const { statusCode: status = error.code === 'ERR_INVALID_URL' ? 400 : 500, code = '' } = error;
    if (code === 'NO_ROOM') return sendProblem(reply.header('retry-after', '1'), 503, 'OVERLOADED', error.message);
    if (status < 500) {
      const refusal: Refusal = REFUSALS[code] ?? { code: 'REQUEST_REFUSED', detail: 'the request cannot be read' };
      return sendProblem(reply, refusal.status ?? status, refusal.code, refusal.detail);
    }
    log.error('a request failed', { error, path: request.routeOptions.url, requestId: request.id });
    return error.retryable
      ? sendProblem(reply.header('retry-after', '1'), 503, 'UNAVAILABLE', 'not available at the moment: try again')
      : sendProblem(reply, 500, 'INTERNAL_SERVER_ERROR', 'internal error');
  });
  server.addHook('onSend', (request, reply, payload: unknown, done) => {
    // To close at once would reset the connection under who still sends, and the answer would not be read: the gate does.
    if (!request.raw.complete) reply.removeHeader('connection');
    done(null, payload);
  });
  server.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return;
    if (!server.supportedMethods.includes(request.method))
      await sendProblem(reply, 501, 'NOT_IMPLEMENTED', 'the method is not known');
    else await sendProblem(reply, 404, 'NOT_FOUND', 'there is nothing here');
    return reply;
  });
  server.setNotFoundHandler((_request, reply) => sendProblem(reply, 404, 'NOT_FOUND', 'there is nothing here'));
}
