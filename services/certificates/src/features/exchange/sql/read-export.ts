import { type ExportContent, type ExportFile, pemFiles } from '../rules/export-document.js';
import type { Reads } from '../../../platform/postgres/database.js';
import { contentsByFingerprint } from '../../certificates/read/read-contents.js';
import { textsFrom } from '../../records/sql/text-columns.js';
import { statement } from '../../../platform/postgres/statement.js';

/** Which certificates; none given: all. */
export interface ExportSelection {
  readonly ids: readonly string[];
  /** Names; a certificate has one of them. */
  readonly environments: readonly string[];
}

const SELECTED = `
  FROM certificates c
  WHERE (cardinality($1::uuid[]) = 0 OR c.id = ANY ($1))
    AND (cardinality($2::text[]) = 0 OR EXISTS (SELECT FROM definition_environments p JOIN environments e
      ON e.id = p.environment_id WHERE p.certificate_id = c.id AND e.name = ANY ($2)))`;

const CERTIFICATES = statement<ExportContent['certificates'][number]>(
  'export_certificates',
  `
SELECT c.name, ${textsFrom('c')}, (
  SELECT coalesce(json_agg(json_build_object('alias', d.alias, 'source', d.source, 'url', d.url, 'environments', (
      SELECT json_agg(e.name ORDER BY e.name)
      FROM definition_environments p JOIN environments e ON e.id = p.environment_id WHERE p.definition_id = d.id),
    'fingerprint', d.fingerprint) ORDER BY d.ordinal), '[]')
  FROM definitions d WHERE d.certificate_id = c.id) AS definitions, (
  SELECT coalesce(json_agg(json_build_object('environment', e.name, 'name', j.name, 'use', j.use,
    'algorithm', j.algorithm) ORDER BY e.name, j.name), '[]')
  FROM jwks j JOIN environments e ON e.id = j.environment_id WHERE j.certificate_id = c.id) AS jwks
${SELECTED} ORDER BY c.name`,
);
const ENVIRONMENTS = statement<ExportContent['environments'][number]>(
  'export_environments',
  `
SELECT e.name, e.title, e.kind FROM environments e
WHERE EXISTS (SELECT FROM definition_environments p
  WHERE p.environment_id = e.id AND p.certificate_id IN (SELECT c.id ${SELECTED}))
ORDER BY e.name`,
);

/** Certificates with all their definitions and the JWKs that follow them, of one snapshot. */
export function readExport(database: Reads, { ids, environments: names }: ExportSelection): Promise<ExportFile> {
  return database.transaction(async (snapshot) => {
    const certificates = await snapshot.query(CERTIFICATES, [ids, names]);
    const environments = await snapshot.query(ENVIRONMENTS, [ids, names]);
    const fingerprints = certificates.flatMap(({ definitions }) => definitions.map((item) => item.fingerprint)).sort();
    const contents = await contentsByFingerprint(snapshot, [...new Set(fingerprints)]);
    contents.sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
    return { content: { environments, certificates }, pems: pemFiles(contents) };
  }, 'REPEATABLE READ');
}
