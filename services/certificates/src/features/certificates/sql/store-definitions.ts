import { storable, x509Row } from '../../gate/rules/x509-rows.js';
import type { AdmittedCertificate } from '../../gate/rules/validate-certificate.js';
import type { DefinitionRecord } from '../../records/certificate-record.js';
import type { Entry } from '../../records/entry.js';
import { namedStatement, queryNamed } from '../../../platform/postgres/named-statement.js';
import type { Sql } from '../../../platform/postgres/statement.js';

/** What is stored of one certificate. */
export interface StoredDefinitions {
  readonly certificateId: string;
  readonly definitions: readonly DefinitionRecord[];
  /** X.509 certificates that may not be stored yet. */
  readonly certificates: readonly AdmittedCertificate[];
  readonly entries: readonly Entry[];
}

/** Parameters of {@link storeClauses}. */
export interface StoreValues {
  readonly contents: string;
  readonly definitions: string;
  readonly entries: string;
}

/**
 * Stores X.509 certificates, definitions, new or named by their id, and entries, of any number of certificates.
 *
 * @param when a condition of all of it
 */
export function storeClauses(when = 'true'): string {
  return `
stored AS (
  INSERT INTO x509_certificates (fingerprint, der, not_before, not_after, fields)
  SELECT fingerprint, decode(der, 'base64'), not_before, not_after, fields
  FROM jsonb_to_recordset($contents::jsonb)
    AS x (fingerprint text, der text, not_before timestamptz, not_after timestamptz, fields jsonb)
  WHERE ${when}
  ORDER BY fingerprint COLLATE "C"
  ON CONFLICT (fingerprint) DO NOTHING
  RETURNING fingerprint
), defined AS (
  INSERT INTO definitions (id, certificate_id, ordinal, alias, source, url, fingerprint)
  SELECT id, "certificateId", ordinal, alias, source, url, fingerprint
  FROM jsonb_to_recordset($definitions::jsonb)
    AS d (id uuid, "certificateId" uuid, ordinal integer, alias text, source text, url text, fingerprint text)
  WHERE ${when}
  ON CONFLICT (id) DO UPDATE
  SET ordinal = excluded.ordinal, alias = excluded.alias, source = excluded.source, url = excluded.url,
    fingerprint = excluded.fingerprint
), entered AS (
  INSERT INTO definition_environments
    (certificate_id, environment_id, definition_id, alias, alias_key, fingerprint, deployment_id)
  SELECT "certificateId", "environmentId", "definitionId", alias, "aliasKey", fingerprint, "deploymentId"
  FROM jsonb_to_recordset($entries::jsonb) AS p
    ("certificateId" uuid, "environmentId" uuid, "definitionId" uuid, alias text, "aliasKey" text, fingerprint text, "deploymentId" uuid)
  WHERE ${when}
  RETURNING definition_id
)`;
}

export function storeValues(stored: readonly StoredDefinitions[]): StoreValues {
  const rows = (rowsOf: (item: StoredDefinitions) => readonly object[]) =>
    JSON.stringify(
      stored.flatMap((item) => rowsOf(item)),
      storable,
    );
  return {
    contents: rows(({ certificates }) => certificates.map(x509Row)),
    definitions: rows(({ certificateId, definitions }) =>
      definitions.map(({ environmentIds: _entries, ...definition }, ordinal) => ({
        ...definition,
        certificateId,
        ordinal,
      })),
    ),
    entries: rows(({ certificateId, entries }) => entries.map((entry) => ({ ...entry, certificateId }))),
  };
}

const STORE = namedStatement<object, StoreValues>(
  'definitions_store',
  `WITH ${storeClauses()} SELECT FROM entered LIMIT 0`,
);

export async function storeDefinitions(sql: Sql, stored: readonly StoredDefinitions[]): Promise<void> {
  await queryNamed(sql, STORE, storeValues(stored));
}
