import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql';
import { type CertificateFilter, type CertificateOrder, decodeCursor } from '../../domain/certificate-list.js';
import type { EnvironmentRecord } from '../../domain/environment-record.js';
import { type ListedCertificate, countCertificates, listCertificates } from '../../postgres/list-certificates.js';
import { MAX_FIRST, badInput, checkFirst, checkTexts } from '../bad-input.js';
import type { Context } from '../context.js';
import { Environment } from '../environments/environment.js';
import { instance } from '../instance.js';
import { PageInfo } from '../page-info.js';
import { Certificate } from './certificate.js';
import {
  CertificateConnection,
  CertificateEdge,
  CertificateFilterInput,
  CertificateOrderInput,
} from './certificate-connection.js';

const BY_NAME: CertificateOrder = { by: 'NAME', descending: false };

@Resolver(() => CertificateConnection)
export class CertificateListResolver {
  @Query(() => CertificateConnection, { description: 'Certificates, page by page.' })
  async certificates(
    @Arg('first', () => Int, { defaultValue: 50, description: `Size of the page, 1 to ${MAX_FIRST}.` }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'The cursor of the last one before this page.' })
    after: string | null,
    @Arg('filter', () => CertificateFilterInput, { nullable: true, description: 'Which ones; none: all.' })
    filter: CertificateFilterInput | null,
    @Arg('orderBy', () => CertificateOrderInput, { nullable: true, description: 'How to sort; none: by name.' })
    orderBy: CertificateOrderInput | null,
    @Ctx() { database }: Context,
  ): Promise<CertificateConnection> {
    checkFirst(first);
    const order: CertificateOrder = orderBy ?? BY_NAME;
    const cursor = after == null ? null : decodeCursor(order, after);
    if (cursor === undefined) throw badInput('after is not a cursor of a list with this order');
    const condition = checkFilter(filter ?? {});
    const listed = await listCertificates(database, { filter: condition, order, first, after: cursor });
    const page = listed.certificates.slice(0, first);
    bringEnvironments(page, listed.environments);
    const edges = page.map((one) => new CertificateEdge(order, instance(Certificate, one), one.sortKey));
    return instance(CertificateConnection, {
      filter: condition,
      edges,
      nodes: edges.map(({ node }) => node),
      pageInfo: instance(PageInfo, {
        hasNextPage: listed.certificates.length > first,
        endCursor: edges.at(-1)?.cursor ?? null,
      }),
    });
  }

  @FieldResolver(() => Int, { description: 'How many there are on all pages.' })
  totalCount(@Root() { filter }: CertificateConnection, @Ctx() { database }: Context): Promise<number> {
    return countCertificates(database, filter);
  }
}

/** Puts them where they are asked for, so that no resolver is called for each of them. */
function bringEnvironments(page: readonly ListedCertificate[], records: readonly EnvironmentRecord[]): void {
  const environments = new Map(records.map((record) => [record.id, instance(Environment, record)]));
  for (const { definitions } of page)
    for (const definition of definitions)
      definition.environments = definition.environmentIds.flatMap((id) => environments.get(id) ?? []);
}

function checkFilter(filter: CertificateFilter): CertificateFilter {
  checkTexts(filter.environment, filter.text, filter.fingerprint);
  const { expiringWithinDays: days, fingerprint } = filter;
  if (days != null && (days < 0 || days > 100_000)) throw badInput('expiringWithinDays must be 0 to 100000');
  return fingerprint == null ? filter : { ...filter, fingerprint: fingerprint.replaceAll(':', '').toLowerCase() };
}
