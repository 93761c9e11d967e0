import createError from '@fastify/error';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Upload, UploadBuffer } from '../../../features/intake/uploads.js';
import { sendProblem } from '../problem.js';
import { meterOf } from './read-bodies.js';

const MalformedPartsError = createError('MALFORMED_MULTIPART', 'the body is not multipart/form-data', 400);

/** What a multipart request brings. */
export interface Parts {
  readonly fields: ReadonlyMap<string, string>;
  /** The last file, with the name of its part; undefined: there was none. */
  readonly file: ({ readonly name: string } & Upload) | undefined;
}

async function readFile(stream: AsyncIterable<Buffer>, maxBytes: number): Promise<Upload> {
  const buffer = new UploadBuffer(maxBytes);
  for await (const chunk of stream) buffer.add(chunk);
  return buffer.end();
}

/** Reads the parts of a request, or refuses it: undefined. @param maxBytes what its scope takes, for the refusal */
export async function readParts(
  request: FastifyRequest,
  reply: FastifyReply,
  maxBytes: number,
): Promise<Parts | undefined> {
  const fields = new Map<string, string>();
  let file: Parts['file'];
  let refusal: Error | undefined;
  const end = (error: Error) => {
    refusal ??= error;
    // Whoever reads its parts hears of nothing else.
    request.raw.destroy();
  };
  const meter = meterOf(request, reply, end);
  request.raw.on('data', (chunk: Buffer) => {
    const noRoom = meter.take(chunk.length);
    if (noRoom) end(noRoom);
  });
  try {
    for await (const part of request.parts()) {
      if (part.type === 'file') file = { name: part.fieldname, ...(await readFile(part.file, maxBytes)) };
      else fields.set(part.fieldname, String(part.value));
    }
    meter.end();
    return { fields, file };
  } catch (error) {
    if (refusal) throw refusal;
    const { code, statusCode } = error as { code?: string; statusCode?: number };
    // What takes multipart apart says by a plain error that there is no boundary, no end, or no head of a part.
    if (statusCode === undefined) throw MalformedPartsError();
    if (code !== 'FST_REQ_FILE_TOO_LARGE') throw error;
    await sendProblem(reply, 413, 'LIMIT_EXCEEDED', `a file has at most ${maxBytes} bytes`);
    return undefined;
  }
}
