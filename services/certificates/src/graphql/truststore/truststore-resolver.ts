import { pemOf } from '@trustcast/x509';
import { Arg, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { type TruststoreFilter, decodeTruststoreCursor, encodeTruststoreCursor } from '../../domain/truststore-list.js';
import { environmentsByName } from '../../postgres/read-environments.js';
import { countTruststore, readTruststore } from '../../postgres/read-truststore.js';
import { MAX_FIRST, badInput, checkFirst, checkTexts } from '../bad-input.js';
import { Certificate } from '../certificates/certificate.js';
import { CertificateContent, certificateContent } from '../certificates/certificate-content.js';
import type { Context } from '../context.js';
import { ImportPayload } from '../exchange/import.js';
import { runImport } from '../exchange/run-import.js';
import { instance } from '../instance.js';
import { PageInfo } from '../page-info.js';
import { ImportTruststoreInput, TruststoreConnection, TruststoreEntry, TruststoreFilterInput } from './truststore.js';

@Resolver(() => TruststoreConnection)
export class TruststoreResolver {
  @Query(() => TruststoreConnection, {
    nullable: true,
    description: 'What the JVMs of an environment trust, page by page; null: there is no such environment.',
  })
  async truststore(
    @Arg('environment', () => String, { description: 'Name of the environment.' }) environment: string,
    @Arg('first', () => Int, { defaultValue: 50, description: `Size of the page, 1 to ${MAX_FIRST}.` }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'The cursor of the last one before this page.' })
    after: string | null,
    @Arg('filter', () => TruststoreFilterInput, { nullable: true, description: 'Which ones; none: all.' })
    filter: TruststoreFilterInput | null,
    @Ctx() { database }: Context,
  ): Promise<TruststoreConnection | null> {
    checkFirst(first);
    const cursor = after == null ? null : decodeTruststoreCursor(after);
    if (cursor === undefined) throw badInput('after is not a cursor of a truststore');
    const condition = checkFilter(filter ?? {});
    const [found] = environment.includes('\0') ? [] : await environmentsByName(database, [environment]);
    if (!found) return null;
    const rows = await readTruststore(database, found.id, { filter: condition, first, after: cursor });
    const page = rows.slice(0, first);
    const last = page.at(-1);
    return instance(TruststoreConnection, {
      environmentId: found.id,
      filter: condition,
      nodes: page.map(({ origin, alias, fingerprint, certificateId, hosts, jvms, live }) =>
        instance(TruststoreEntry, { origin, alias, fingerprint, certificateId, hosts, jvms, live }),
      ),
      pageInfo: instance(PageInfo, {
        hasNextPage: rows.length > first,
        endCursor: last ? encodeTruststoreCursor(last) : null,
      }),
    });
  }

  @FieldResolver(() => Int, { description: 'How many there are on all pages.' })
  totalCount(@Root() { environmentId, filter }: TruststoreConnection, @Ctx() { database }: Context): Promise<number> {
    return countTruststore(database, environmentId, filter);
  }

  @Mutation(() => ImportPayload, {
    description:
      'Makes the certificates of an existing truststore managed ones and deploys them, each that can be; or says what that would do.',
  })
  async importTruststore(
    @Arg('input', () => ImportTruststoreInput, { description: 'What to import.' }) input: ImportTruststoreInput,
    @Ctx() context: Context,
  ): Promise<ImportPayload> {
    const { environment, content, password = null } = input;
    return runImport(context, input, { action: 'importTruststore', partial: true }, async (turn) => {
      const certificates = await context.intake.truststore({ content, password, environment });
      if ('code' in certificates) return { refusals: [certificates] };
      await turn(certificates.length, certificates.length);
      return { answer: certificates };
    });
  }
}

@Resolver(() => TruststoreEntry)
export class TruststoreEntryResolver {
  @FieldResolver(() => Certificate, { nullable: true, description: 'What manages it; null: a base has it.' })
  certificate(@Root() { certificateId }: TruststoreEntry, @Ctx() { certificates }: Context) {
    return certificateId === null ? null : certificates.load(certificateId);
  }

  @FieldResolver(() => CertificateContent, { description: 'What the certificate says.' })
  async content(@Root() { fingerprint }: TruststoreEntry, @Ctx() { contents }: Context): Promise<CertificateContent> {
    const stored = await contents.load(fingerprint);
    if (!stored) throw new Error('an entry without its certificate');
    return certificateContent(pemOf(stored.der), stored.fields);
  }
}

function checkFilter(filter: TruststoreFilter): TruststoreFilter {
  checkTexts(filter.text);
  const { expiringWithinDays: days } = filter;
  if (days != null && (days < 0 || days > 100_000)) throw badInput('expiringWithinDays must be 0 to 100000');
  return filter;
}
