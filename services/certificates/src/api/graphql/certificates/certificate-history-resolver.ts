import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { AuditConnection, auditPage } from '../audit/audit-record.js';
import type { Context } from '../context.js';
import { PageArguments, readNumberedPage } from '../shape/connection.js';
import { Certificate } from './certificate.js';

@Resolver(() => Certificate)
export class CertificateHistoryResolver {
  @FieldResolver(() => AuditConnection, {
    description:
      "Changes of the certificate and of the JWKs made from it, newest first. After the certificate's deletion, `audit` lists them by its id.",
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
