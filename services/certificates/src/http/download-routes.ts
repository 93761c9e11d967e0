import type { FastifyInstance, FastifyReply } from 'fastify';
import { pemOf, pkcs7Of } from '@trustcast/x509';
import { isUuid } from '../domain/is-uuid.js';
import { writeExportJson, writeExportZip } from '../exchange/export-archive.js';
import type { Database } from '../postgres/database.js';
import { certificatesById } from '../postgres/read-certificates.js';
import { contentsByFingerprint } from '../postgres/read-contents.js';
import { readExport } from '../postgres/read-export.js';
import { sendAttachment } from './attachment.js';
import { sendProblem } from './problem.js';

interface CertificateFile {
  readonly type: string;
  readonly write: (der: Uint8Array) => Uint8Array;
}

/** RFC 7468, RFC 5280 and RFC 5652, as files. */
const CERTIFICATE_FILES: Record<string, CertificateFile | undefined> = {
  pem: { type: 'application/x-pem-file', write: (der) => Buffer.from(pemOf(der)) },
  der: { type: 'application/pkix-cert', write: (der) => der },
  p7b: { type: 'application/x-pkcs7-certificates', write: (der) => pkcs7Of([der]) },
};

const EXPORTS: Record<string, { type: string; write: typeof writeExportZip } | undefined> = {
  json: { type: 'application/json', write: writeExportJson },
  zip: { type: 'application/zip', write: writeExportZip },
};

/** Files for people, beside GraphQL. Whoever gets here has shown a token. */
export function downloadRoutes(fastify: FastifyInstance, database: Database): void {
  fastify.get<{ Params: { id: string; definition: string }; Querystring: { format?: unknown } }>(
    '/certificates/:id/definitions/:definition/file',
    async ({ params, query }, reply) => {
      const format = query.format ?? 'pem';
      const file = typeof format === 'string' && Object.hasOwn(CERTIFICATE_FILES, format) && CERTIFICATE_FILES[format];
      if (!file) return refuse(reply, 400, 'INVALID_INPUT', 'format must be pem, der or p7b');
      const [certificate] = isUuid(params.id) ? await certificatesById(database, [params.id]) : [];
      const definition = certificate?.definitions.find(({ id }) => id === params.definition);
      const [stored] = definition ? await contentsByFingerprint(database, [definition.fingerprint]) : [];
      if (!definition || !stored) return refuse(reply, 404, 'CERTIFICATE_NOT_FOUND', 'there is no such definition');
      return sendAttachment(reply, `${definition.alias}.${String(format)}`, file.type, file.write(stored.der));
    },
  );

  fastify.get<{ Querystring: { format?: unknown; certificate?: string | string[]; environment?: unknown } }>(
    '/export',
    async ({ query }, reply) => {
      const format = query.format ?? 'zip';
      const found = typeof format === 'string' && Object.hasOwn(EXPORTS, format) && EXPORTS[format];
      if (!found) return refuse(reply, 400, 'INVALID_INPUT', 'format must be json or zip');
      const ids = [query.certificate ?? []].flat();
      if (!ids.every(isUuid)) return refuse(reply, 400, 'INVALID_INPUT', 'certificate must be an id');
      const environment = query.environment ?? null;
      if (environment !== null && (typeof environment !== 'string' || !/^[a-z0-9-]{1,63}$/.test(environment)))
        return refuse(reply, 400, 'INVALID_INPUT', 'environment must be a name');
      const now = new Date();
      const exported = await readExport(database, { ids, environment });
      const name = `trustcast-export-${now.toISOString().slice(0, 19).replaceAll(':', '-')}Z.${String(format)}`;
      return sendAttachment(reply, name, found.type, found.write(exported, now));
    },
  );
}

async function refuse(reply: FastifyReply, status: number, code: string, detail: string): Promise<FastifyReply> {
  await sendProblem(reply, status, code, detail);
  return reply;
}
