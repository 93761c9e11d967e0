import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { AuditConnection, auditPage } from '../audit/audit-record.js';
import type { Context } from '../context.js';
import { AFTER, FIRST, pageAfter } from '../numbered-page.js';
import { Certificate } from './certificate.js';

@Resolver(() => Certificate)
export class CertificateHistoryResolver {
  @FieldResolver(() => AuditConnection, {
    description:
      'What was done to it and to JWKs that were made from it, the latest first, page by page; after its deletion the `audit` has the same by its id.',
  })
  async history(
    @Root() { id }: Certificate,
    @Arg('first', () => Int, FIRST) first: number,
    @Arg('after', () => String, AFTER) after: string | null,
    @Ctx() { histories }: Context,
  ): Promise<AuditConnection> {
    return auditPage(await histories.ofCertificates.load({ parent: id, ...pageAfter('audit', first, after) }), first);
  }
}
