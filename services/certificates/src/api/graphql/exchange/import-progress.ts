import { Arg, Ctx, Field, Int, ObjectType, Query, Resolver, Root, Subscription, registerEnumType } from 'type-graphql';
import { readIdempotencyKey } from '../../../features/records/certificate-input.js';
import {
  type ImportPhase as Phase,
  type ImportProgressRecord,
  isOver,
} from '../../../features/exchange/rules/import-progress.js';
import { readImportProgress } from '../../../features/exchange/sql/import-progress.js';
import { changeFeed } from '../shape/change-feed.js';
import type { Context } from '../context.js';
import { instance } from '../shape/instance.js';

export const ImportPhase = {
  READING: 'READING',
  CHECKING: 'CHECKING',
  PLANNING: 'PLANNING',
  STORING: 'STORING',
  DONE: 'DONE',
  REFUSED: 'REFUSED',
  FAILED: 'FAILED',
} as const satisfies { [P in Phase]: P };
registerEnumType(ImportPhase, {
  name: 'ImportPhase',
  description: 'Phase of an import.',
  valuesConfig: {
    READING: { description: 'The file is being read.' },
    CHECKING: { description: 'Each certificate is being validated.' },
    PLANNING: { description: 'The certificates are being compared with the existing ones.' },
    STORING: { description: 'The certificates are being stored, all or none; no other request sees them yet.' },
    DONE: { description: 'The import was answered, and its changes are being deployed.' },
    REFUSED: { description: 'Nothing was imported. The answer gives the reasons.' },
    FAILED: {
      description: 'The service failed or stopped. A retry with the same idempotency key returns the outcome.',
    },
  },
});

@ObjectType({ description: 'Progress of an import.' })
export class ImportProgress {
  @Field(() => ImportPhase, { description: 'Current phase.' })
  phase!: Phase;

  @Field(() => Int, {
    description: 'Number of certificates processed in this phase. PLANNING and STORING process all of them at once.',
  })
  done!: number;

  @Field(() => Int, { description: 'Number of certificates in this phase; 0 if not known yet.' })
  total!: number;
}

const KEY = 'The `idempotencyKey` of the import request, which may not have been sent yet.';

@Resolver(() => ImportProgress)
export class ImportProgressResolver {
  @Query(() => ImportProgress, {
    nullable: true,
    description:
      'Progress of an import or preview that the caller requested. Null if it has not begun or ended more than a day ago.',
  })
  async importProgress(
    @Arg('idempotencyKey', () => String, { description: KEY }) key: string,
    @Ctx() { reads, actor }: Context,
  ): Promise<ImportProgress | null> {
    return isKey(key) ? progressOf(await readImportProgress(reads, actor, key)) : null;
  }

  @Subscription(() => ImportProgress, {
    nullable: true,
    name: 'importProgress',
    description:
      'Emits the progress of an import or preview that the caller requests, up to ten times a second until it ends. Null before it begins. Subscribe before the request, with a fresh idempotency key.',
    subscribe: ({ args, context }: { args: { idempotencyKey: string }; context: Context }) =>
      importFeed(context, args.idempotencyKey),
  })
  followImportProgress(
    @Arg('idempotencyKey', () => String, { description: KEY }) _key: string,
    @Root() progress: ImportProgress | null,
  ): ImportProgress | null {
    return progress;
  }
}

async function* importFeed({ reads, notifications, actor }: Context, key: string) {
  const feed = changeFeed(
    (look) => [
      notifications.on('trustcast_imports', (changed) => changed === key && look()),
      notifications.onResumed(look),
    ],
    async () => (isKey(key) ? progressOf(await readImportProgress(reads, actor, key)) : undefined),
  );
  for await (const progress of feed) {
    yield progress;
    if (progress && isOver(progress)) return;
  }
}

function progressOf(record: ImportProgressRecord | null): ImportProgress | null {
  return record && instance(ImportProgress, record);
}

function isKey(text: string): boolean {
  return readIdempotencyKey(text).ok;
}
