import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { AuditConnection, auditPage } from '../audit/audit-record.js';
import type { Context } from '../context.js';
import { PageArguments, readNumberedPage } from '../connection.js';
import { Certificate } from './certificate.js';

@Resolver(() => Certificate)
export class CertificateHistoryResolver {
  @FieldResolver(() => AuditConnection, {
    description:
      'What was done to it and to JWKs that were made from it, the latest first, page by page; after its deletion the `audit` has the same by its id.',
  })
  async history(
    @Root() { id }: Certificate,
    @Args(() => PageArguments) given: PageArguments,
    @Ctx() { histories }: Context,
  ): Promise<AuditConnection> {
    const page = readNumberedPage(given, 'audit');
    return auditPage(await histories.ofCertificates.load({ parent: id, ...page }), page);
  }
}
