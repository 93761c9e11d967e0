import { FINGERPRINT_RULE } from '@trustcast/schema';
import { Arg, Args, Ctx, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql';
import {
  type CertificateFilter,
  type CertificateOrder,
  decodeCursor,
} from '../../../features/records/certificate-list.js';
import { readFingerprint } from '../../../features/records/certificate-input.js';
import type { EnvironmentRecord } from '../../../features/records/environment-record.js';
import {
  type ListedCertificate,
  countCertificates,
  listCertificates,
} from '../../../features/certificates/read/list-certificates.js';
import { pageRows } from '../../../features/records/paging/page.js';
import { badInput, checkTexts } from '../errors/bad-input.js';
import { PageArguments, readPage } from '../shape/connection.js';
import type { Context } from '../context.js';
import { Environment } from '../environments/environment.js';
import { instance } from '../shape/instance.js';
import { CertificateConnection, CertificateFilterInput, CertificateOrderInput } from './certificate-connection.js';

const BY_NAME: CertificateOrder = { by: 'NAME', descending: false };

@Resolver(() => CertificateConnection)
export class CertificateListResolver {
  @Query(() => CertificateConnection, { description: 'Lists certificates.' })
  async certificates(
    @Args(() => PageArguments) given: PageArguments,
    @Arg('filter', () => CertificateFilterInput, {
      nullable: true,
      description: 'Conditions on the certificates; all certificates if omitted.',
    })
    filter: CertificateFilterInput | null,
    @Arg('orderBy', () => CertificateOrderInput, { nullable: true, description: 'Sort order; by name if omitted.' })
    orderBy: CertificateOrderInput | null,
    @Ctx() { reads }: Context,
  ): Promise<CertificateConnection> {
    const order: CertificateOrder = orderBy ?? BY_NAME;
    const page = readPage(given, (text) => decodeCursor(order, text));
    const condition = checkFilter(filter ?? {});
    const listed = await listCertificates(reads, { ...page, filter: condition, order });
    const own = pageRows(listed.certificates, page);
    bringEnvironments(own.rows, listed.environments);
    return new CertificateConnection(condition, order, own);
  }

  @FieldResolver(() => Int, { description: 'Number of certificates on all pages.' })
  totalCount(@Root() { filter }: CertificateConnection, @Ctx() { reads }: Context): Promise<number> {
    return countCertificates(reads, filter);
  }
}

/** Attaches the environments to the definitions, so that no resolver runs for each of them. */
function bringEnvironments(page: readonly ListedCertificate[], records: readonly EnvironmentRecord[]): void {
  const environments = new Map(records.map((record) => [record.id, instance(Environment, record)]));
  for (const { definitions } of page)
    for (const definition of definitions) {
      const own: Environment[] = [];
      for (const id of definition.environmentIds) {
        const environment = environments.get(id);
        if (environment) own.push(environment);
      }
      definition.environments = own;
    }
}

function checkFilter(filter: CertificateFilter): CertificateFilter {
  checkTexts(filter.environment, filter.text, filter.fingerprint);
  const { expiringWithinDays: days, fingerprint } = filter;
  if (days != null && (days < 0 || days > 100_000)) throw badInput('expiringWithinDays must be 0 to 100000');
  if (fingerprint == null) return filter;
  const read = readFingerprint(fingerprint, ['fingerprint']);
  if (!read.ok) throw badInput(`fingerprint ${FINGERPRINT_RULE}`);
  return { ...filter, fingerprint: read.value };
}
