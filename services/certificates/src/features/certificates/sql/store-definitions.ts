import { storable, x509Row } from '../../gate/rules/x509-rows.js';
import type { AdmittedCertificate } from '../../gate/rules/judge-certificate.js';
import type { PlannedDefinition } from '../rules/definition-input.js';
import type { Placement } from '../../records/placement.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** What is stored of one certificate. */
export interface StoredDefinitions {
  readonly certificateId: string;
  readonly definitions: readonly PlannedDefinition[];
  readonly certificates: readonly AdmittedCertificate[];
  readonly placements: readonly Placement[];
}

function storeX509Clause(parameter: string, when = 'true'): string {
  return `
  INSERT INTO x509_certificates (fingerprint, der, not_before, not_after, fields)
  SELECT fingerprint, decode(der, 'base64'), not_before, not_after, fields
  FROM jsonb_to_recordset(${parameter}::jsonb)
    AS x (fingerprint text, der text, not_before timestamptz, not_after timestamptz, fields jsonb)
  WHERE ${when}
  ORDER BY fingerprint COLLATE "C"
  ON CONFLICT (fingerprint) DO NOTHING
  RETURNING fingerprint
`;
}

/**
 * Stores definitions, new or named by their id, and the lines they make, of any number of certificates, from
 * parameters `first` to `first + 2`.
 *
 * @param when a condition of all of it
 */
export function storeClauses(first: number, when = 'true'): string {
  const [certificates, definitions, placements] = [0, 1, 2].map((offset) => `$${first + offset}`);
  return `
stored AS (${storeX509Clause(certificates ?? '', when)}), defined AS (
  INSERT INTO definitions (id, certificate_id, ordinal, alias, source, url, fingerprint)
  SELECT id, "certificateId", ordinal, alias, source, url, fingerprint
  FROM jsonb_to_recordset(${definitions}::jsonb)
    AS d (id uuid, "certificateId" uuid, ordinal integer, alias text, source text, url text, fingerprint text)
  WHERE ${when}
  ON CONFLICT (id) DO UPDATE
  SET ordinal = excluded.ordinal, alias = excluded.alias, source = excluded.source, url = excluded.url,
    fingerprint = excluded.fingerprint
), placed AS (
  INSERT INTO definition_environments
    (certificate_id, environment_id, definition_id, alias, alias_key, fingerprint, deployment_id)
  SELECT "certificateId", "environmentId", "definitionId", alias, "aliasKey", fingerprint, "deploymentId"
  FROM jsonb_to_recordset(${placements}::jsonb) AS p
    ("certificateId" uuid, "environmentId" uuid, "definitionId" uuid, alias text, "aliasKey" text, fingerprint text, "deploymentId" uuid)
  WHERE ${when}
  RETURNING definition_id
)`;
}

export function storeValues(stored: readonly StoredDefinitions[]): unknown[] {
  const rows = (rowsOf: (item: StoredDefinitions) => readonly object[]) =>
    JSON.stringify(
      stored.flatMap((item) => rowsOf(item)),
      storable,
    );
  return [
    rows(({ certificates }) => certificates.map(x509Row)),
    rows(({ certificateId, definitions }) =>
      definitions.map(({ id, alias, source, url, fingerprint }, ordinal) => ({
        id,
        certificateId,
        ordinal,
        alias,
        source,
        url,
        fingerprint,
      })),
    ),
    rows(({ certificateId, placements }) => placements.map((placement) => ({ ...placement, certificateId }))),
  ];
}

const STORE = statement<object>('definitions_store', `WITH ${storeClauses(1)} SELECT FROM placed LIMIT 0`);

export async function storeDefinitions(sql: Sql, ...stored: readonly StoredDefinitions[]): Promise<void> {
  await sql.query(STORE, storeValues(stored));
}
