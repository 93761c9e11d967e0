import { Arg, Ctx, Int, Query, Resolver } from 'type-graphql';
import { isUuid } from '../../domain/is-uuid.js';
import { type AuditFilter, listAudit } from '../../postgres/list-audit.js';
import { badInput, checkTexts } from '../bad-input.js';
import type { Context } from '../context.js';
import { AFTER, FIRST, pageAfter } from '../numbered-page.js';
import { AuditConnection, AuditFilterInput, auditPage } from './audit-record.js';

@Resolver()
export class AuditResolver {
  @Query(() => AuditConnection, { description: 'What was done, the latest first, page by page.' })
  async audit(
    @Arg('first', () => Int, FIRST) first: number,
    @Arg('after', () => String, AFTER) after: string | null,
    @Arg('filter', () => AuditFilterInput, { nullable: true, description: 'Which ones; none: all.' })
    filter: AuditFilterInput | null,
    @Ctx() { database }: Context,
  ): Promise<AuditConnection> {
    const { after: before } = pageAfter('audit', first, after);
    return auditPage(await listAudit(database, { filter: checkFilter(filter ?? {}), first, before }), first);
  }
}

function checkFilter(filter: AuditFilter): AuditFilter {
  checkTexts(filter.actor, filter.action, filter.environment);
  for (const name of ['certificateId', 'requestId'] as const)
    if (filter[name] != null && !isUuid(filter[name])) throw badInput(`${name} must be a UUID`);
  return filter;
}
