import type { ChosenContent } from '../domain/admit-certificate.js';
import type { ExportFile } from '../domain/export-document.js';
import type { FoundCertificates } from '../domain/find-certificates.js';
import type { ImportedCertificate } from '../domain/import-plan.js';
import type { AdmittedCertificate } from '../domain/judge-certificate.js';
import type { CertificateContent } from '../domain/read-content.js';
import type { FieldPath, Refusal } from '../domain/refusal.js';
import type { ReadBase } from './read-base-report.js';
import type { ReadJson } from './read-json.js';
import { type ReaderLimits, ReaderPool, UnreadError } from './reader-pool.js';
import { type Readers, readers } from './readers.js';

/** Reads what clients send. */
export interface Intake {
  readonly admit: (content: ChosenContent, at: FieldPath) => Promise<AdmittedCertificate | Refusal>;
  readonly find: (content: CertificateContent) => Promise<FoundCertificates | Refusal>;
  readonly truststore: (...given: Parameters<Readers['truststore']>) => Promise<ImportedCertificate[] | Refusal>;
  readonly exportFile: (content: string) => Promise<ExportFile | Refusal>;
  readonly baseReport: (body: Buffer) => Promise<ReadBase | { readonly code: string; readonly message: string }>;
  readonly json: (body: Buffer) => Promise<ReadJson>;
  readonly close: () => Promise<void>;
}

const MAX_QUICK_CHARACTERS = 64 * 1024;
/** Bodies are read beside certificates: neither waits for the other. */
const BODIES: Partial<ReaderLimits> = { threads: 1, waiting: 64, memoryMb: 256 };

/** Reads in threads of its own what may take long: keystores, whose files say how often a key is derived, and much of anything. */
export function startIntake(limits?: Partial<ReaderLimits>): Intake {
  const pool = new ReaderPool(limits);
  const bodies = new ReaderPool(BODIES);
  return {
    admit: async (content, at) =>
      isQuick(content) ? readers.admit(content, at) : orRefusal(at, pool.read('admit', content, at)),
    find: async (content) =>
      isQuick(content) ? readers.find(content, []) : orRefusal([], pool.read('find', content, [])),
    truststore: (given) => orRefusal([], pool.read('truststore', given)),
    exportFile: (content) => orRefusal([], bodies.read('exportFile', content)),
    json: (body) => bodies.read('json', body),
    baseReport: async (body) =>
      body.length <= MAX_QUICK_CHARACTERS ? readers.baseReport(body) : bodies.read('baseReport', body),
    close: async () => {
      await Promise.all([pool.close(), bodies.close()]);
    },
  };
}

/** PEM has no room for a keystore. */
function isQuick({ source, encoding, content }: CertificateContent): boolean {
  const isPem = source === 'CONNECTION' || (source === 'CLIPBOARD' && encoding === 'BASE64PEM');
  return isPem && content.length <= MAX_QUICK_CHARACTERS;
}

async function orRefusal<Answer>(at: FieldPath, reading: Promise<Answer>): Promise<Answer | Refusal> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof UnreadError)) throw error;
    return { code: 'LIMIT_EXCEEDED', message: error.message, field: [...at, 'content'] };
  }
}
