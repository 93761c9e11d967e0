import multipart from '@fastify/multipart';
import type { FastifyInstance } from 'fastify';
import { IMPORT_LIMITS } from '../../../features/exchange/rules/export-document.js';
import { base64Of, forgetUpload, keepUpload } from '../../../features/intake/uploads.js';
import { sendProblem } from '../problem.js';
import { type Parts, readParts } from '../bodies/read-parts.js';

const LIMITS = {
  files: 1,
  fileSize: IMPORT_LIMITS.bytes,
  fields: 2,
  fieldSize: 256 * 1024,
  parts: 3,
  headerPairs: 20,
};

/**
 * GraphQL requests of a scope may come as multipart, for a file that is too large for JSON: `operations`, `map` and one
 * file, as in https://github.com/jaydenseric/graphql-multipart-request-spec (v3). The operation is the same as with base64
 * of the file in its place; where that is a `content`, a reference stands there, and the bytes go where they are read.
 */
export async function graphqlUploads(scope: FastifyInstance): Promise<void> {
  await scope.register(multipart, { limits: LIMITS });
  scope.addHook('preValidation', async (request, reply) => {
    if (!request.isMultipart()) return;
    const parts = await readParts(request, reply, IMPORT_LIMITS.bytes);
    if (!parts) return reply;
    const operation = operationOf(parts, (reference) => reply.raw.once('close', () => forgetUpload(reference)));
    if (operation) request.body = operation;
    else
      await sendProblem(
        reply,
        400,
        'INVALID_INPUT',
        'needed are operations (JSON), map (JSON: the part of the file, and the one variable that it is) and the file',
      );
    return operation ? undefined : reply;
  });
}

function operationOf({ fields, file }: Parts, onKept: (reference: string) => void): object | undefined {
  const operation = objectOf(fields.get('operations'));
  const path = file && objectOf(fields.get('map'))?.[file.name];
  if (!operation || !file || !Array.isArray(path) || path.length !== 1 || typeof path[0] !== 'string') return undefined;
  const steps = path[0].split('.');
  const last = steps.pop() ?? '';
  if (steps[0] !== 'variables') return undefined;
  let place: unknown = operation;
  for (const step of steps) place = isObject(place) && Object.hasOwn(place, step) ? place[step] : undefined;
  // Its place must be there already: nothing else can be written to, least of all a prototype.
  if (!isObject(place) || !Object.hasOwn(place, last) || place[last] !== null) return undefined;
  if (last === 'content') onKept((place[last] = keepUpload(file)));
  else place[last] = base64Of(file);
  return operation;
}

function objectOf(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
