import { expect } from '@jest/globals';
import { type ExportedCertificate, exportDocument } from '../../src/features/exchange/rules/export-document.js';
import type { Harness } from './harness.js';
import type { MadeCertificate } from './make-certificate.js';
import { type CertificateView, type UserErrorView, createCertificate, deleteCertificate, pasted } from './mutations.js';
import type { ServiceProcess } from './service-process.js';

export interface ImportView {
  readonly plan: string | null;
  readonly items: readonly {
    readonly name: string;
    readonly action: string;
    readonly certificate: { readonly id: string } | null;
    readonly jwks: readonly object[];
    readonly warnings: readonly { readonly code: string }[];
    readonly userErrors: readonly UserErrorView[];
  }[];
  readonly counts: Record<'added' | 'replaced' | 'unchanged' | 'skipped' | 'refused', number>;
  readonly deployment: { readonly environments: readonly { readonly revision: number }[] } | null;
  readonly userErrors: readonly (UserErrorView & { readonly names?: readonly string[] })[];
}

export async function importFile(
  { query }: ServiceProcess,
  file: Uint8Array | string,
  more: object = {},
): Promise<ImportView> {
  const content = typeof file === 'string' ? file : Buffer.from(file).toString('base64');
  const { payload } = await query<{ payload: ImportView }>(
    `mutation ($input: ImportCertificatesInput!) { payload: importCertificates(input: $input) {
       plan items { name action certificate { id } jwks { environment name algorithm } warnings { code } userErrors { __typename code message field } }
       counts { added replaced unchanged skipped refused }
       deployment { environments { revision } }
       userErrors { __typename code message field ... on EnvironmentNotFound { names }
         ... on NameTaken { node { __typename id } } } } }`,
    { input: { content, dryRun: false, ...more } },
  );
  return payload;
}

/** What an import does with each. */
export function actions({ items }: ImportView): (readonly [name: string, action: string])[] {
  return items.map(({ name, action }) => [name, action]);
}

export function download({ url, token }: ServiceProcess, path: string): Promise<Response> {
  return fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
}

export async function exported(service: ServiceProcess, format: 'json' | 'zip', query = ''): Promise<Buffer> {
  const response = await download(service, `/export?format=${format}${query}`);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

/** What an export in JSON names, without the certificates themselves. */
export function certificatesOf(file: Buffer): ExportedCertificate[] {
  const text = file.toString().replaceAll(/,\s*"pem": "[^"]*"/g, '');
  return (JSON.parse(text) as { certificates: ExportedCertificate[] }).certificates;
}

/** Text of an export with these certificates. */
export function documentOf(certificates: readonly ExportedCertificate[], made: readonly MadeCertificate[]): string {
  const pems = new Map(made.map(({ fingerprint, pem }) => [fingerprint, pem]));
  return JSON.stringify(exportDocument({ environments: [], certificates }, new Date(), pems));
}

/** What is exported of a certificate in one environment. */
export function oneIn(
  environment: string,
  name: string,
  { fingerprint }: MadeCertificate,
  alias = name,
): ExportedCertificate {
  const definition = { alias, source: 'FILE' as const, url: null, environments: [environment], fingerprint };
  return { name, description: '', definitions: [definition], jwks: [] };
}

export async function createPasted(
  service: ServiceProcess,
  name: string,
  environment: string,
  { pem }: MadeCertificate,
  alias = name,
): Promise<CertificateView> {
  const payload = await createCertificate(service, { name, definitions: [pasted([environment], alias, pem)] });
  expect(payload.userErrors).toEqual([]);
  return payload.certificate!;
}

export async function deleteAll({ sql }: Harness, service: ServiceProcess): Promise<void> {
  await sql.query('DELETE FROM jwks');
  const { certificates } = await service.query<{ certificates: { nodes: { id: string; version: number }[] } }>(
    '{ certificates(first: 500) { nodes { id version } } }',
  );
  for (const { id, version } of certificates.nodes) await deleteCertificate(service, { id, expectedVersion: version });
}
