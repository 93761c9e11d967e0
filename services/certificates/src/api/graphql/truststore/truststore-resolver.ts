import { pemOf } from '@trustcast/x509';
import { Arg, Args, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import {
  type TruststoreFilter,
  decodeTruststoreCursor,
  encodeTruststoreCursor,
} from '../../../features/truststore/rules/truststore-list.js';
import { environmentsByName } from '../../../features/environments/sql/read-environments.js';
import {
  type TruststoreRow,
  countTruststore,
  readTruststore,
} from '../../../features/truststore/sql/read-truststore.js';
import { badInput, checkTexts } from '../errors/bad-input.js';
import { PageArguments, connectionOf, readPage } from '../shape/connection.js';
import { Certificate } from '../certificates/certificate.js';
import { CertificateContent, certificateContent } from '../certificates/certificate-content.js';
import type { Context } from '../context.js';
import { ImportPayload } from '../exchange/import.js';
import { runImport } from '../exchange/run-import.js';
import { instance } from '../shape/instance.js';
import {
  ImportTruststoreInput,
  TruststoreConnection,
  TruststoreEdge,
  TruststoreEntry,
  TruststoreFilterInput,
} from './truststore.js';
import type { Refusal } from '../../../features/records/refusal.js';

@Resolver(() => TruststoreConnection)
export class TruststoreResolver {
  @Query(() => TruststoreConnection, {
    nullable: true,
    description: 'Lists what the JVMs of an environment trust. Null if the environment does not exist.',
  })
  async truststore(
    @Arg('environment', () => String, { description: 'Name of the environment.' }) environment: string,
    @Args(() => PageArguments) given: PageArguments,
    @Arg('filter', () => TruststoreFilterInput, {
      nullable: true,
      description: 'Conditions on the entries; all entries if omitted.',
    })
    filter: TruststoreFilterInput | null,
    @Ctx() { reads }: Context,
  ): Promise<TruststoreConnection | null> {
    const page = readPage(given, decodeTruststoreCursor);
    const condition = checkFilter(filter ?? {});
    const [found] = environment.includes('\0') ? [] : await environmentsByName(reads, [environment]);
    if (!found) return null;
    const rows = await readTruststore(reads, found.id, { ...page, filter: condition });
    const nodeOf = ({ aliasKey: _key, ...entry }: TruststoreRow) => instance(TruststoreEntry, entry);
    return instance(TruststoreConnection, {
      ...connectionOf(TruststoreEdge, rows, page, { nodeOf, cursorOf: encodeTruststoreCursor }),
      environmentId: found.id,
      filter: condition,
    });
  }

  @FieldResolver(() => Int, { description: 'Number of entries on all pages.' })
  totalCount(@Root() { environmentId, filter }: TruststoreConnection, @Ctx() { reads }: Context): Promise<number> {
    return countTruststore(reads, environmentId, filter);
  }

  @Mutation(() => ImportPayload, {
    description:
      'Turns the certificates of an existing truststore into managed ones and deploys all that are accepted. With `dryRun` it only returns the plan.',
  })
  async importTruststore(
    @Arg('input', () => ImportTruststoreInput, { description: 'The truststore and how to import it.' })
    input: ImportTruststoreInput,
    @Ctx() context: Context,
  ): Promise<ImportPayload> {
    const { environment, content, password = null } = input;
    const place = (refusal: Refusal): readonly Refusal[] =>
      refusal.code === 'ENVIRONMENT_NOT_FOUND' ? [{ ...refusal, field: ['environment'] }] : [refusal];
    return runImport(
      context,
      input,
      { action: 'importTruststore', partial: true },
      async (turn) => {
        const certificates = await context.intake.truststore({ content, password, environment });
        if (certificates.ok) await turn(certificates.value.length, certificates.value.length);
        return certificates;
      },
      place,
    );
  }
}

@Resolver(() => TruststoreEntry)
export class TruststoreEntryResolver {
  @FieldResolver(() => Certificate, {
    nullable: true,
    description: 'The certificate that manages the entry, or null if the entry belongs to a base.',
  })
  certificate(@Root() { certificateId }: TruststoreEntry, @Ctx() { certificates }: Context) {
    return certificateId === null ? null : certificates.load(certificateId);
  }

  @FieldResolver(() => CertificateContent, { description: 'The content of the X.509 certificate.' })
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
