import { Arg, Args, Ctx, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql';
import { type CertificateFilter, type CertificateOrder, decodeCursor } from '../../domain/certificate-list.js';
import type { EnvironmentRecord } from '../../domain/environment-record.js';
import { type ListedCertificate, countCertificates, listCertificates } from '../../postgres/list-certificates.js';
import { pageRows } from '../../domain/page.js';
import { badInput, checkTexts } from '../bad-input.js';
import { PageArguments, pageInfo, readPage } from '../connection.js';
import type { Context } from '../context.js';
import { Environment } from '../environments/environment.js';
import { instance } from '../instance.js';
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
    @Args(() => PageArguments) given: PageArguments,
    @Arg('filter', () => CertificateFilterInput, { nullable: true, description: 'Which ones; none: all.' })
    filter: CertificateFilterInput | null,
    @Arg('orderBy', () => CertificateOrderInput, { nullable: true, description: 'How to sort; none: by name.' })
    orderBy: CertificateOrderInput | null,
    @Ctx() { reads }: Context,
  ): Promise<CertificateConnection> {
    const order: CertificateOrder = orderBy ?? BY_NAME;
    const page = readPage(given, (text) => decodeCursor(order, text));
    const condition = checkFilter(filter ?? {});
    const listed = await listCertificates(reads, { ...page, filter: condition, order });
    const { rows, ...around } = pageRows(listed.certificates, page);
    bringEnvironments(rows, listed.environments);
    const edges = rows.map((one) => new CertificateEdge(order, instance(Certificate, one), one.sortKey));
    return instance(CertificateConnection, {
      filter: condition,
      edges,
      nodes: edges.map(({ node }) => node),
      pageInfo: pageInfo(around, edges),
    });
  }

  @FieldResolver(() => Int, { description: 'How many there are on all pages.' })
  totalCount(@Root() { filter }: CertificateConnection, @Ctx() { reads }: Context): Promise<number> {
    return countCertificates(reads, filter);
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
