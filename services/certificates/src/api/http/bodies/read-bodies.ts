import { Transform } from 'node:stream';
import createError from '@fastify/error';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Intake } from '../../../features/intake/intake.js';
import { UnreadError } from '../../../features/intake/reader-pool.js';
import type { BodyBudget } from '../limits/body-budget.js';

/** Size up to which a body is parsed in the main thread. */
const SMALL_BYTES = 64 * 1024;
const IDLE_MS = 10_000;

export const NoRoomError = createError('NO_ROOM', 'too much is being read at the moment: try again', 503);
const IdleError = createError('BODY_IDLE', `nothing of the body came for ${IDLE_MS / 1000} s`, 408);
const MalformedJsonError = createError('MALFORMED_JSON', 'the body is not JSON', 400);
const TooManyValuesError = createError('TOO_MANY_VALUES', 'a large body has too many values, or too deep ones', 413);

export interface BodiesOptions {
  readonly budget: BodyBudget;
  readonly ownerOf: (request: FastifyRequest) => string;
  readonly intake: Pick<Intake, 'json'>;
}

const meters = new WeakMap<FastifyRequest, (bytes: number) => boolean>();

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}

/** Counts the bodies of a scope while they come, and ends those that do not come. */
export function readBodies(scope: FastifyInstance, { budget, ownerOf, intake }: BodiesOptions): void {
  scope.addHook('preParsing', (request, reply, payload, done) => {
    const declared = Number(request.headers['content-length'] ?? NaN);
    const hasBody = declared > 0 || request.headers['transfer-encoding'] !== undefined;
    if (!hasBody) {
      done(null, payload);
      return;
    }
    if (request.headers.expect !== undefined) reply.raw.writeContinue();
    const owner = ownerOf(request);
    let held = 0;
    const take = (bytes: number): boolean => {
      if (!budget.take(owner, bytes)) return false;
      held += bytes;
      return true;
    };
    reply.raw.once('close', () => budget.giveBack(owner, held));
    // Most have come while it was asked who sends them.
    if (declared <= SMALL_BYTES && request.raw.complete) {
      if (take(declared)) done(null, payload);
      else done(NoRoomError());
      return;
    }
    if (!budget.begin(owner)) {
      done(NoRoomError());
      return;
    }
    const end = once(() => budget.end(owner));
    request.raw.once('end', end);
    reply.raw.once('close', end);
    meters.set(request, take);
    // What reads multipart takes it from the connection itself: it counts by `meter`.
    if (request.headers['content-type']?.startsWith('multipart/')) {
      done(null, payload);
      return;
    }
    done(null, payload.pipe(metered(request, reply)));
  });

  scope.removeContentTypeParser('application/json');
  const parseSmall = scope.getDefaultJsonParser('error', 'error');
  scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (body.length <= SMALL_BYTES) return void parseSmall(request, body.toString('utf8'), done);
    intake.json(body).then(
      (read) => {
        if ('value' in read) done(null, read.value);
        else done(read.refusal === 'MALFORMED' ? MalformedJsonError() : TooManyValuesError());
      },
      (error: unknown) => done(error instanceof UnreadError ? NoRoomError() : (error as Error)),
    );
  });
}

function metered(request: FastifyRequest, reply: FastifyReply): Transform {
  const meter = meterOf(request, reply, (error) => stream.destroy(error));
  const stream = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      const refusal = meter.take(chunk.length);
      if (refusal) done(refusal);
      else done(null, chunk);
    },
    flush: (done) => {
      meter.end();
      done();
    },
  });
  // Fastify stops listening when it has refused a body.
  stream.on('error', () => meter.end());
  request.raw.on('error', (error) => stream.destroy(error));
  request.raw.once('close', () => {
    meter.end();
    if (!request.raw.readableEnded) stream.destroy(new Error('the connection was closed'));
  });
  return stream;
}

export interface Meter {
  /** @returns why the body is refused with these bytes */
  readonly take: (bytes: number) => Error | undefined;
  readonly end: () => void;
}

/** Counts what comes of a body. @param onIdle is called when nothing came for a while */
export function meterOf(request: FastifyRequest, reply: FastifyReply, onIdle: (error: Error) => void): Meter {
  const take = meters.get(request);
  const timer = setTimeout(() => onIdle(IdleError()), IDLE_MS);
  reply.raw.once('close', () => clearTimeout(timer));
  return {
    take: (bytes) => {
      timer.refresh();
      return !take || take(bytes) ? undefined : NoRoomError();
    },
    end: () => clearTimeout(timer),
  };
}
