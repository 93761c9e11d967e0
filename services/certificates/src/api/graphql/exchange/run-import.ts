import { webcrypto } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { checkIdempotencyKey } from '../../../features/records/certificate-input.js';
import type { ImportedCertificate } from '../../../features/exchange/rules/import-plan.js';
import type { Turn } from '../../../features/exchange/rules/imported-certificates.js';
import type { Outcome } from '../../../features/records/outcome.js';
import { type Import, importCertificates } from '../../../features/exchange/import-certificates.js';
import { uploadOf } from '../../../features/intake/uploads.js';
import { reportingImport } from '../../../features/exchange/sql/import-progress.js';
import { type Context, requestOf } from '../context.js';
import { type ImportFields, type ImportPayload, importPayload } from './import.js';
import type { Refusal } from '../../../features/records/refusal.js';

/** Imports what a request brings, and tells meanwhile how far it is. @param read reads and judges it @param place says what of the input a refusal means */
export async function runImport(
  context: Context,
  input: ImportFields,
  { action, partial }: Pick<Import, 'action' | 'partial'>,
  read: (turn: Turn) => Promise<Outcome<readonly ImportedCertificate[]>>,
  place: (refusal: Refusal) => readonly Refusal[],
): Promise<ImportPayload> {
  const { onConflict: policy, dryRun, expectedPlan = null, idempotencyKey } = input;
  const key = checkIdempotencyKey(idempotencyKey);
  if (typeof key !== 'string') return importPayload({ refusals: [key] });
  const { database } = context;
  const request = requestOf(context, action, key === '' ? input : await withDigest(input));
  const outcome = await reportingImport(database, request, async (report) => {
    const found = await read((done, total) => {
      report('CHECKING', done, total);
      return turn();
    });
    if ('refusals' in found) return found;
    const wanted = { action, certificates: found.answer, policy, partial, dryRun, expectedPlan };
    return importCertificates(database, request, wanted, report);
  });
  return importPayload(
    'refusals' in outcome ? { ...outcome, refusals: outcome.refusals.flatMap((refusal) => place(refusal)) } : outcome,
  );
}

/** For the hash of the request: what is large is hashed apart, by a thread of the pool. */
async function withDigest(input: ImportFields): Promise<Parameters<typeof requestOf>[2]> {
  if (!('content' in input) || typeof input.content !== 'string') return input;
  const upload = uploadOf(input.content);
  if (upload) return Object.assign({}, input, { content: upload.base64Sha256 });
  const digest = await webcrypto.subtle.digest('SHA-256', Buffer.from(input.content));
  return Object.assign({}, input, { content: Buffer.from(digest).toString('hex') });
}
