import { Arg, Args, Ctx, Query, Resolver } from 'type-graphql';
import { isUuid } from '../../domain/is-uuid.js';
import { type AuditFilter, listAudit } from '../../postgres/list-audit.js';
import { badInput, checkTexts } from '../bad-input.js';
import type { Context } from '../context.js';
import { PageArguments, readNumberedPage } from '../connection.js';
import { AuditConnection, AuditFilterInput, auditPage } from './audit-record.js';

@Resolver()
export class AuditResolver {
  @Query(() => AuditConnection, { description: 'What was done, the latest first, page by page.' })
  async audit(
    @Args(() => PageArguments) given: PageArguments,
    @Arg('filter', () => AuditFilterInput, { nullable: true, description: 'Which ones; none: all.' })
    filter: AuditFilterInput | null,
    @Ctx() { reads }: Context,
  ): Promise<AuditConnection> {
    const page = readNumberedPage(given, 'audit');
    return auditPage(await listAudit(reads, { filter: checkFilter(filter ?? {}), ...page }), page);
  }
}

function checkFilter(filter: AuditFilter): AuditFilter {
  checkTexts(filter.actor, filter.action, filter.environment);
  for (const name of ['certificateId', 'requestId'] as const)
    if (filter[name] != null && !isUuid(filter[name])) throw badInput(`${name} must be a UUID`);
  return filter;
}
