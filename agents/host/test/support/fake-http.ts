import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { type ChangeMessage, encodeChangeMessage } from '@trustcast/schema';

/** The whole body of a request. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Answers with a message, compressed as the service does. */
export function reply(response: ServerResponse, message: ChangeMessage): void {
  response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(encodeChangeMessage(message)));
}
