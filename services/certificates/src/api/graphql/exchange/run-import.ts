import { webcrypto } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { readIdempotencyKey } from '../../../features/records/certificate-input.js';
import type { ImportedCertificate } from '../../../features/exchange/rules/import-plan.js';
import type { Turn } from '../../../features/exchange/rules/imported-certificates.js';
import { type Result, rejected } from '../../../features/records/result.js';
import { type Import, importCertificates } from '../../../features/exchange/import-certificates.js';
import { uploadOf } from '../../../features/intake/uploads.js';
import { reportingImport } from '../../../features/exchange/sql/import-progress.js';
import { type Context, requestOf } from '../context.js';
import { type ImportFields, type ImportPayload, importPayload } from './import.js';
import type { Refusal } from '../../../features/records/refusal.js';

/**
 * Imports the certificates of a request and reports progress meanwhile.
 *
 * @param read reads and validates the certificates
 * @param place moves a refusal to the part of the input that it concerns
 */
export async function runImport(
  context: Context,
  input: ImportFields,
  { action, partial }: Pick<Import, 'action' | 'partial'>,
  read: (turn: Turn) => Promise<Result<readonly ImportedCertificate[]>>,
  place: (refusal: Refusal) => readonly Refusal[],
): Promise<ImportPayload> {
  const { onConflict: policy, dryRun, expectedPlan = null, idempotencyKey } = input;
  const key = readIdempotencyKey(idempotencyKey);
  if (!key.ok) return importPayload(key);
  const { database } = context;
  const request = requestOf(context, action, key.value === '' ? input : await withDigest(input));
  const result = await reportingImport(database, request, async (report) => {
    const found = await read((done, total) => {
      report('CHECKING', done, total);
      return turn();
    });
    if (!found.ok) return found;
    const requested = { action, certificates: found.value, policy, partial, dryRun, expectedPlan };
    return importCertificates(database, request, requested, report);
  });
  return importPayload(
    result.ok ? result : { ...result, ...rejected(...result.refusals.flatMap((refusal) => place(refusal))) },
  );
}

/** Replaces large content by its digest, computed in a thread of the pool, for the hash of the request. */
async function withDigest(input: ImportFields): Promise<Parameters<typeof requestOf>[2]> {
  if (!('content' in input) || typeof input.content !== 'string') return input;
  const upload = uploadOf(input.content);
  if (upload) return Object.assign({}, input, { content: upload.base64Sha256 });
  const digest = await webcrypto.subtle.digest('SHA-256', Buffer.from(input.content));
  return Object.assign({}, input, { content: Buffer.from(digest).toString('hex') });
}
