import type { FastifyReply } from 'fastify';

/** Answers with a file that a browser saves under a name (RFC 6266); the name may hold any character. */
export function sendAttachment(reply: FastifyReply, name: string, type: string, body: Uint8Array): FastifyReply {
  const ascii = name.replace(/[^\w.-]+/g, '-');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );
  return reply
    .header('content-type', type)
    .header('content-disposition', `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`)
    .header('x-content-type-options', 'nosniff')
    .header('cache-control', 'no-store')
    .send(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
}
