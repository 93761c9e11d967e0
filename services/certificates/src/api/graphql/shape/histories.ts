import DataLoader from 'dataloader';
import type { Sql } from '../../../platform/postgres/statement.js';
import {
  type RevisionChangeRecord,
  type RevisionCountsRecord,
  type RevisionKey,
  type RevisionRecord,
  environmentHistories,
  revisionChanges,
  revisionCounts,
} from '../../../features/environments/sql/environment-history.js';
import { type AuditRow, certificateHistories, deploymentRecords } from '../../../features/audit/sql/list-audit.js';
import { type PageLoader, pageLoader } from './page-loader.js';

/** What was, of many at once. */
export interface Histories {
  readonly ofEnvironments: PageLoader<string, RevisionRecord>;
  readonly ofCertificates: PageLoader<string, AuditRow>;
  readonly changes: PageLoader<RevisionKey, RevisionChangeRecord>;
  readonly counts: DataLoader<RevisionKey, RevisionCountsRecord | null, string>;
  /** Of the changes that made deployments. */
  readonly records: DataLoader<string, AuditRow | null>;
}

/** @param remember false where one context serves many answers */
export function makeHistories(reads: Sql, remember: boolean): Histories {
  const keyOf = ({ environmentId, revision }: RevisionKey): RevisionKey => ({ environmentId, revision });
  const textOf = ({ environmentId, revision }: RevisionKey) => `${environmentId} ${revision}`;
  return {
    ofEnvironments: pageLoader(
      (ids, page) => environmentHistories(reads, ids, page),
      ({ environmentId }) => environmentId,
      remember,
    ),
    ofCertificates: pageLoader(
      (ids, page) => certificateHistories(reads, ids, page),
      ({ certificateId }) => certificateId,
      remember,
    ),
    changes: pageLoader((keys, page) => revisionChanges(reads, keys, page), keyOf, remember),
    counts: new DataLoader(
      async (keys) => {
        const rows = new Map((await revisionCounts(reads, keys)).map((row) => [textOf(row), row]));
        return keys.map((key) => rows.get(textOf(key)) ?? null);
      },
      { cache: remember, cacheKeyFn: textOf },
    ),
    records: new DataLoader(
      async (ids) => {
        const rows = new Map((await deploymentRecords(reads, ids)).map((row) => [row.deploymentId, row]));
        return ids.map((id) => rows.get(id) ?? null);
      },
      { cache: remember },
    ),
  };
}
