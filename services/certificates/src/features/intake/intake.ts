import type { SetScope } from '@trustcast/schema';
import type { ChosenContent } from '../gate/rules/admit-certificate.js';
import type { ExportFile } from '../exchange/rules/export-document.js';
import type { FoundCertificates } from '../gate/rules/find-certificates.js';
import type { ImportedCertificate } from '../exchange/rules/import-plan.js';
import type { AdmittedCertificate } from '../gate/rules/validate-certificate.js';
import type { CertificateContent } from '../gate/rules/read-content.js';
import type { FieldPath } from '../records/refusal.js';
import { type Result, rejected } from '../records/result.js';
import type { ReadBase } from './read-base-report.js';
import type { ReadHeldSet } from './read-held-set.js';
import type { ReadJson } from './read-json.js';
import { FilesInTurn } from './files-in-turn.js';
import { PastedQueue } from './pasted-queue.js';
import { QuickShare } from './quick-share.js';
import { type ReaderLimits, ReaderPool, UnreadError } from './reader-pool.js';
import { type Readers, readers } from './readers.js';
import { base64Of, uploadOf } from './uploads.js';

/** Reads what clients send. */
export interface Intake {
  readonly admit: (content: ChosenContent, at: FieldPath) => Promise<Result<AdmittedCertificate>>;
  readonly find: (content: CertificateContent, at?: FieldPath) => Promise<Result<FoundCertificates>>;
  readonly truststore: (...given: Parameters<Readers['truststore']>) => Promise<Result<readonly ImportedCertificate[]>>;
  readonly exportFile: (content: string) => Promise<Result<ExportFile>>;
  readonly baseReport: (body: Buffer) => Promise<ReadBase | { readonly code: string; readonly message: string }>;
  readonly heldSet: (
    body: Buffer,
    scope: SetScope,
  ) => Promise<ReadHeldSet | { readonly code: string; readonly message: string }>;
  readonly json: (body: Buffer) => Promise<ReadJson>;
  readonly close: () => Promise<void>;
}

/** Bodies are read beside certificates: neither waits for the other. */
const BODIES: Partial<ReaderLimits> = { threads: 1, waiting: 64, memoryMb: 256 };

/** Reads in threads of its own what may take long: keystores, whose files say how often a key is derived, and much of anything. */
export function startIntake(limits?: Partial<ReaderLimits>): Intake {
  const pool = new ReaderPool(limits);
  const bodies = new ReaderPool(BODIES);
  const pasted = new PastedQueue();
  const files = new FilesInTurn();
  const quick = new QuickShare();
  return {
    admit: async (given, at) => {
      const content = withFile(given);
      if (!isPasted(content))
        return orRefusal(
          at,
          files.read(() => pool.read('admit', content, at)),
        );
      if (quick.has(content.content.length)) return quick.spend(() => readers.admit(content, at));
      return orRefusal(at, pasted.read(content, at));
    },
    find: async (given, at = []) => {
      const content = withFile(given);
      return isPasted(content) && quick.has(content.content.length)
        ? quick.spend(() => readers.find(content, at))
        : orRefusal(at, pool.read('find', content, at));
    },
    truststore: (given) =>
      orRefusal([], pool.read('truststore', { ...given, content: uploadOf(given.content)?.bytes ?? given.content })),
    exportFile: (content) => orRefusal([], bodies.read('exportFile', uploadOf(content)?.bytes ?? content)),
    json: (body) => bodies.read('json', body),
    baseReport: async (body) =>
      quick.has(body.length) ? quick.spend(() => readers.baseReport(body)) : bodies.read('baseReport', body),
    heldSet: async (body, scope) =>
      quick.has(body.length) ? quick.spend(() => readers.heldSet(body, scope)) : bodies.read('heldSet', body, scope),
    close: async () => {
      await Promise.all([pool.close(), bodies.close(), pasted.close()]);
    },
  };
}

/** What came as a part of the request: the bytes of a file, and base64 where text is meant. */
function withFile<Content extends CertificateContent>(given: Content): Content {
  const upload = uploadOf(given.content);
  if (!upload) return given;
  return { ...given, content: given.source === 'FILE' ? upload.bytes : base64Of(upload) };
}

/** PEM has no room for a keystore: its size says how long it takes. */
function isPasted({ source, encoding }: CertificateContent): boolean {
  return source === 'CONNECTION' || (source === 'CLIPBOARD' && encoding === 'BASE64PEM');
}

async function orRefusal<Value>(at: FieldPath, reading: Promise<Result<Value>>): Promise<Result<Value>> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof UnreadError)) throw error;
    return rejected({ code: 'LIMIT_EXCEEDED', message: error.message, field: [...at, 'content'] });
  }
}
