import multipart from '@fastify/multipart';
import { MAX_INPUT_BYTES } from '@trustcast/x509';
import type { FastifyInstance } from 'fastify';
import { foundCertificatesPayload } from '../graphql/intake/found-certificate.js';
import type { Intake } from '../intake/intake.js';
import { sendProblem } from './problem.js';

const LIMITS = { files: 1, fileSize: MAX_INPUT_BYTES, fields: 1, fieldSize: 4_096, parts: 2, headerPairs: 20 };

/** `POST /uploads/parse`: `parseCertificates` for files that are too large for an argument, with the same answer. */
export async function uploadRoutes(server: FastifyInstance, intake: Intake): Promise<void> {
  await server.register(multipart, { limits: LIMITS });
  server.post('/uploads/parse', async (request, reply) => {
    let file: Buffer | undefined;
    let password: string | undefined;
    try {
      for await (const part of request.parts()) {
        if (part.type === 'file') file = await part.toBuffer();
        else if (part.fieldname === 'password') password = String(part.value);
      }
    } catch (error) {
      if ((error as { code?: string }).code !== 'FST_REQ_FILE_TOO_LARGE') throw error;
      await sendProblem(reply, 413, 'LIMIT_EXCEEDED', `a file has at most ${MAX_INPUT_BYTES} bytes`);
      return reply;
    }
    if (file) {
      const found = await intake.find({ source: 'FILE', content: file, password: password ?? null });
      return reply.type('application/json').send(JSON.stringify(foundCertificatesPayload(found)));
    }
    await sendProblem(reply, 400, 'FILE_MISSING', 'one part with a file is needed');
    return reply;
  });
}
