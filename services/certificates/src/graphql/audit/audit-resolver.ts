import { Arg, Ctx, Int, Query, Resolver } from 'type-graphql';
import { isUuid } from '../../domain/is-uuid.js';
import { type AuditFilter, type AuditRow, listAudit } from '../../postgres/list-audit.js';
import { MAX_FIRST, badInput, checkFirst } from '../bad-input.js';
import type { Context } from '../context.js';
import { instance } from '../instance.js';
import { PageInfo } from '../page-info.js';
import { AuditConnection, AuditFilterInput, AuditRecord, AuditRevision, AuditSeal } from './audit-record.js';

@Resolver()
export class AuditResolver {
  @Query(() => AuditConnection, { description: 'What was done, the latest first, page by page.' })
  async audit(
    @Arg('first', () => Int, { defaultValue: 50, description: `Size of the page, 1 to ${MAX_FIRST}.` }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'The cursor of the last one before this page.' })
    after: string | null,
    @Arg('filter', () => AuditFilterInput, { nullable: true, description: 'Which ones; none: all.' })
    filter: AuditFilterInput | null,
    @Ctx() { database }: Context,
  ): Promise<AuditConnection> {
    checkFirst(first);
    const before = after == null ? null : decodeCursor(after);
    if (before === undefined) throw badInput('after is not a cursor of the audit');
    const rows = await listAudit(database, { filter: checkFilter(filter ?? {}), first, before });
    const nodes = rows.slice(0, first).map(recordOf);
    const endCursor = nodes.length > 0 ? encodeCursor(nodes.at(-1)?.id ?? '') : null;
    return instance(AuditConnection, {
      nodes,
      pageInfo: instance(PageInfo, { hasNextPage: rows.length > first, endCursor }),
    });
  }
}

function recordOf({ id, sequence, hash, revisions, ...row }: AuditRow): AuditRecord {
  return instance(AuditRecord, {
    ...row,
    id: String(id),
    revisions: revisions.map((revision) => instance(AuditRevision, revision)),
    seal: sequence === null || hash === null ? null : instance(AuditSeal, { sequence, hash }),
  });
}

function checkFilter(filter: AuditFilter): AuditFilter {
  for (const text of [filter.actor, filter.action, filter.environment])
    if (text?.includes('\0')) throw badInput('a filter must not contain NUL');
  for (const name of ['certificateId', 'requestId'] as const)
    if (filter[name] != null && !isUuid(filter[name])) throw badInput(`${name} must be a UUID`);
  return filter;
}

function encodeCursor(id: string): string {
  return Buffer.from(`audit ${id}`).toString('base64url');
}

function decodeCursor(text: string): number | undefined {
  const [, id] = /^audit (\d{1,15})$/.exec(Buffer.from(text, 'base64url').toString('utf8')) ?? [];
  return id === undefined ? undefined : Number(id);
}
