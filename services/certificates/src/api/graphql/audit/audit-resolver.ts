import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { isUuid } from '../../../features/records/is-uuid.js';
import { type AuditFilter, listAudit } from '../../../features/audit/sql/list-audit.js';
import { badInput, checkTexts } from '../errors/bad-input.js';
import type { Context } from '../context.js';
import { PageArguments, readNumberedPage } from '../shape/connection.js';
import { AuditConnection, AuditFilterInput, AuditRecord, auditPage } from './audit-record.js';
import { Certificate } from '../certificates/certificate.js';

@Resolver(() => AuditRecord)
export class AuditResolver {
  @Query(() => AuditConnection, { description: 'Lists audit records, newest first.' })
  async audit(
    @Args(() => PageArguments) given: PageArguments,
    @Arg('filter', () => AuditFilterInput, {
      nullable: true,
      description: 'Conditions on the records; all records if omitted.',
    })
    filter: AuditFilterInput | null,
    @Ctx() { reads }: Context,
  ): Promise<AuditConnection> {
    const page = readNumberedPage(given, 'audit');
    return auditPage(await listAudit(reads, { filter: checkFilter(filter ?? {}), ...page }), page);
  }

  @FieldResolver(() => Certificate, {
    nullable: true,
    description: 'The changed certificate in its current state, or null if it was deleted or the action changed none.',
  })
  certificate(@Root() { certificateId }: AuditRecord, @Ctx() { certificates }: Context) {
    return certificateId === null ? null : certificates.load(certificateId);
  }
}

function checkFilter(filter: AuditFilter): AuditFilter {
  checkTexts(filter.actor, filter.action, filter.environment);
  for (const name of ['certificateId', 'requestId'] as const)
    if (filter[name] != null && !isUuid(filter[name])) throw badInput(`${name} must be a UUID`);
  return filter;
}
