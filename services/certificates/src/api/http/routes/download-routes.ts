import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { KeystoreError, writePkcs12 } from '@trustcast/keystore';
import { foldAlias } from '@trustcast/schema';
import { pemOf, pkcs7Of } from '@trustcast/x509';
import type { Access } from '../../../features/audit/access-trail.js';
import { isUuid, normalId } from '../../../features/records/is-uuid.js';
import { writeExportJson, writeExportZip } from '../../../features/exchange/export-archive.js';
import type { Reads } from '../../../platform/postgres/database.js';
import type { Permits } from '../limits/permissions.js';
import { certificatesById } from '../../../features/certificates/read/read-certificates.js';
import { contentsByFingerprint } from '../../../features/certificates/read/read-contents.js';
import { environmentsByName } from '../../../features/environments/sql/read-environments.js';
import { readExport } from '../../../features/exchange/sql/read-export.js';
import { truststoreEntries } from '../../../features/truststore/sql/read-truststore.js';
import { sendAttachment } from '../bodies/attachment.js';
import { sendProblem } from '../problem.js';

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

interface TruststoreFileEntry {
  readonly alias: string;
  readonly fingerprint: string;
  readonly der: Uint8Array;
}

const ENVIRONMENT_NAME = /^[a-z0-9-]{1,63}$/;
/** The password of a PKCS#12 that is downloaded: a header, because addresses are logged. */
const PASSWORD_HEADER = 'x-truststore-password';

export interface Downloads {
  /** Connections that read what the caller may see. */
  readonly readsOf: (request: FastifyRequest) => Reads;
  readonly permits: Permits;
  /** Records a download before it starts. */
  readonly noteAccess: (request: FastifyRequest, access: Access) => Promise<void>;
}

/** Downloads of files. Every request has a valid token. */
export function downloadRoutes(fastify: FastifyInstance, { readsOf, permits, noteAccess }: Downloads): void {
  const note = async (request: FastifyRequest, access: Access) => {
    // An answer to HEAD has no content.
    if (request.method !== 'HEAD') await noteAccess(request, access);
  };
  fastify.get<{ Params: { id: string; definition: string }; Querystring: { format?: unknown } }>(
    '/certificates/:id/definitions/:definition/file',
    { preValidation: takesQuery(['format']) },
    async (request, reply) => {
      if (!(await permits(request, reply, 'EXPORT'))) return reply;
      const database = readsOf(request);
      const { params, query } = request;
      const format = query.format ?? 'pem';
      const file = typeof format === 'string' && Object.hasOwn(CERTIFICATE_FILES, format) && CERTIFICATE_FILES[format];
      if (!file) return refuse(reply, 400, 'INVALID_INPUT', 'format must be pem, der or p7b');
      const [certificate] = isUuid(params.id) ? await certificatesById(database, [params.id]) : [];
      const definition = certificate?.definitions.find(({ id }) => id === normalId(params.definition));
      const [stored] = definition ? await contentsByFingerprint(database, [definition.fingerprint]) : [];
      if (!definition || !stored) return refuse(reply, 404, 'CERTIFICATE_NOT_FOUND', 'there is no such definition');
      await note(request, { action: 'certificateFile', certificateId: params.id, details: { format } });
      return sendAttachment(reply, `${definition.alias}.${format}`, file.type, file.write(stored.der));
    },
  );

  fastify.get<{ Querystring: { format?: unknown; certificate?: string | string[]; environment?: string | string[] } }>(
    '/export',
    { preValidation: takesQuery(['format', 'certificate', 'environment']) },
    async (request, reply) => {
      const database = readsOf(request);
      const { query } = request;
      const format = query.format ?? 'zip';
      const kind = typeof format === 'string' && Object.hasOwn(EXPORTS, format) && EXPORTS[format];
      if (!kind) return refuse(reply, 400, 'INVALID_INPUT', 'format must be json or zip');
      const ids = [query.certificate ?? []].flat();
      const misnamed = ids.filter((id) => !isUuid(id));
      if (misnamed.length > 0)
        return refuse(reply, 400, 'INVALID_INPUT', `certificate must be an id, a UUID: ${quoted(misnamed)} is none`);
      const environments = [query.environment ?? []].flat();
      const nameless = environments.filter((name) => !ENVIRONMENT_NAME.test(name));
      if (nameless.length > 0)
        return refuse(reply, 400, 'INVALID_INPUT', `environment must be a name: ${quoted(nameless)} is none`);
      if (!(await permits(request, reply, 'EXPORT', environments))) return reply;
      const found = await environmentsByName(database, environments);
      const missing = environments.filter((name) => !found.some((environment) => environment.name === name));
      if (missing.length > 0)
        return refuse(reply, 404, 'ENVIRONMENT_NOT_FOUND', `there is no environment ${missing.join(', ')}`);
      const known = new Set((await certificatesById(database, ids.map(normalId))).map(({ id }) => id));
      const absent = ids.filter((id) => !known.has(normalId(id)));
      if (absent.length > 0)
        return refuse(reply, 404, 'CERTIFICATE_NOT_FOUND', `there is no certificate ${absent.slice(0, 10).join(', ')}`);
      const now = new Date();
      const exported = await readExport(database, { ids, environments });
      const name = `trustcast-export-${now.toISOString().slice(0, 19).replaceAll(':', '-')}Z.${format}`;
      await note(request, {
        action: 'exportFile',
        environments,
        details: { format, certificates: exported.content.certificates.length, selected: ids.length },
      });
      return sendAttachment(reply, name, kind.type, kind.write(exported, now));
    },
  );

  fastify.get<{ Params: { name: string }; Querystring: { format?: unknown; origin?: unknown } }>(
    '/environments/:name/truststore',
    { preValidation: takesQuery(['format', 'origin']) },
    async (request, reply) => {
      const { params, query, headers } = request;
      if (!(await permits(request, reply, 'EXPORT', [params.name]))) return reply;
      const database = readsOf(request);
      const { format = 'p12', origin = null } = query;
      if (format !== 'pem' && format !== 'p12') return refuse(reply, 400, 'INVALID_INPUT', 'format must be pem or p12');
      if (origin !== null && origin !== 'MANAGED' && origin !== 'BASE')
        return refuse(reply, 400, 'INVALID_INPUT', 'origin must be MANAGED or BASE');
      const [environment] = ENVIRONMENT_NAME.test(params.name) ? await environmentsByName(database, [params.name]) : [];
      if (!environment) return refuse(reply, 404, 'ENVIRONMENT_NOT_FOUND', 'there is no such environment');
      const password = [headers[PASSWORD_HEADER] ?? []].flat()[0];
      const entries = await truststoreEntries(database, environment.id, origin);
      try {
        const file = writeTruststore(format, entries, password);
        await note(request, {
          action: 'truststoreFile',
          environments: [environment.name],
          details: { format, origin },
        });
        const type = format === 'pem' ? 'application/x-pem-file' : 'application/x-pkcs12';
        return await sendAttachment(reply, `${environment.name}-truststore.${format}`, type, file);
      } catch (error) {
        if (!(error instanceof KeystoreError) || error.code !== 'KEYSTORE_PASSWORD_INVALID') throw error;
        return await refuse(reply, 400, 'INVALID_INPUT', error.message);
      }
    },
  );
}

/** A truststore without the marker, which belongs to the files of the agents alone. */
function writeTruststore(format: 'pem' | 'p12', entries: readonly TruststoreFileEntry[], password?: string): Buffer {
  const seen = new Set<string>();
  const named = entries.map(({ alias, fingerprint, der }) => {
    // Bases of different hosts may use one name for different certificates.
    const name = seen.has(foldAlias(alias)) ? `${alias}#${fingerprint.slice(0, 16)}` : alias;
    seen.add(foldAlias(name));
    return { alias: name, der };
  });
  if (format === 'p12') return writePkcs12(named, password === undefined ? {} : { password });
  return Buffer.from(named.map(({ alias, der }) => `# ${alias.replace(/\s/g, ' ')}\n${pemOf(der)}`).join(''));
}

function quoted(texts: readonly string[]): string {
  return texts
    .slice(0, 10)
    .map((text) => JSON.stringify(text.slice(0, 100)))
    .join(', ');
}

/** A name that is not known would otherwise be a selection that nobody made: everything would be answered. */
function takesQuery(names: readonly string[]) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const unknown = Object.keys(request.query as object).filter((name) => !names.includes(name));
    if (unknown.length === 0) return undefined;
    return refuse(reply, 400, 'INVALID_INPUT', `${quoted(unknown)} is not known here; known are ${names.join(', ')}`);
  };
}

async function refuse(reply: FastifyReply, status: number, code: string, detail: string): Promise<FastifyReply> {
  await sendProblem(reply, status, code, detail);
  return reply;
}
