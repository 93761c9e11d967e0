import { MalformedError, TrustcastError, eachText } from '@trustcast/schema';
import type { ChosenContent } from '../../gate/rules/admit-certificate.js';
import type { ReadDefinition } from '../../certificates/rules/definition-input.js';
import type { ExportFile } from './export-document.js';
import type { ImportedCertificate } from './import-plan.js';
import { type MakeJwk, rebuildJwks } from './rebuild-jwks.js';
import type { AdmittedCertificate } from '../../gate/rules/validate-certificate.js';
import type { FieldPath, Refusal } from '../../records/refusal.js';
import { type Result, rejected } from '../../records/result.js';

type Admit = (content: ChosenContent, at: FieldPath) => Promise<Result<AdmittedCertificate>>;

/** Lets other work run between two parts of a long import. Parameters: certificates that are done, and all. */
export type Turn = (done: number, total: number) => Promise<unknown>;
export const TURN = 25;

/**
 * Reads the certificates of an export.
 *
 * @param environmentOf the name here of an environment of the export
 */
export async function importedCertificates(
  { content, pems }: ExportFile,
  environmentOf: (name: string) => string,
  { admit, makeJwk }: { readonly admit: Admit; readonly makeJwk: MakeJwk },
  turn: Turn,
): Promise<ImportedCertificate[]> {
  const imported: ImportedCertificate[] = [];
  for (const [index, certificate] of content.certificates.entries()) {
    const { name, definitions } = certificate;
    if (index % TURN === 0) await turn(index, content.certificates.length);
    const read: ReadDefinition[] = [];
    for (const [number, { alias, source, url, environments, fingerprint }] of definitions.entries()) {
      const at = ['definitions', String(number)];
      const pem = pems.get(fingerprint) ?? '';
      const given: ChosenContent = { source: 'CLIPBOARD', encoding: 'BASE64PEM', content: pem };
      const admitted = await admit(given, at);
      const tampered = admitted.ok && admitted.value.fingerprint !== fingerprint;
      read.push({
        alias,
        from: { source, url },
        environments: environments.map(environmentOf),
        certificate: tampered ? rejected(notAsNamed(at)) : admitted,
      });
    }
    const jwks = await rebuildJwks(certificate, read, environmentOf, makeJwk);
    imported.push({ name, texts: eachText((text) => certificate[text]), definitions: read, jwks });
  }
  return imported;
}

function notAsNamed(at: FieldPath): Refusal {
  return {
    code: 'MALFORMED_CERTIFICATE',
    message: 'the certificate does not match its fingerprint: the file was changed after the export; export it again',
    field: [...at, 'content'],
  };
}

/** The refusal of a file that cannot be read. */
export function fileRefusal(error: unknown): Refusal {
  if (!(error instanceof TrustcastError)) throw error;
  const { message } = error;
  return error instanceof MalformedError
    ? { code: 'INVALID_INPUT', message, field: ['content'] }
    : { code: 'LIMIT_EXCEEDED', message, field: ['content'] };
}
