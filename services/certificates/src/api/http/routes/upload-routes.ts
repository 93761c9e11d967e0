import multipart from '@fastify/multipart';
import { MAX_INPUT_BYTES } from '@trustcast/x509';
import type { FastifyInstance } from 'fastify';
import { foundCertificatesPayload } from '../../graphql/intake/found-certificate.js';
import type { Intake } from '../../../features/intake/intake.js';
import type { Access } from '../limits/access.js';
import type { Caller } from '../../../features/records/grants.js';
import type { Permits } from '../limits/permissions.js';
import { sendProblem } from '../problem.js';
import { readParts } from '../bodies/read-parts.js';

const LIMITS = { files: 1, fileSize: MAX_INPUT_BYTES, fields: 1, fieldSize: 4_096, parts: 2, headerPairs: 20 };

/** `POST /uploads/parse`: `parseCertificates` for files that are too large for an argument, with the same answer. */
export async function uploadRoutes(
  server: FastifyInstance,
  intake: Intake,
  { holds, permits }: { readonly holds: Access<Caller>['holds']; readonly permits: Permits },
): Promise<void> {
  await server.register(multipart, { limits: LIMITS });
  server.post('/uploads/parse', async (request, reply) => {
    if (!(await permits(request, reply, 'MANAGE'))) return reply;
    const parts = await readParts(request, reply, MAX_INPUT_BYTES);
    if (!parts || !(await holds(request, reply))) return reply;
    const { file, fields } = parts;
    if (file) {
      const found = await intake.find({
        source: 'FILE',
        content: file.bytes,
        password: fields.get('password') ?? null,
      });
      return reply.type('application/json').send(JSON.stringify(foundCertificatesPayload(found)));
    }
    await sendProblem(reply, 400, 'FILE_MISSING', 'one part with a file is needed');
    return reply;
  });
}
