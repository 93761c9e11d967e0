import { Arg, Ctx, Field, Int, ObjectType, Query, Resolver, Root, Subscription, registerEnumType } from 'type-graphql';
import { checkIdempotencyKey } from '../../domain/certificate-input.js';
import { type ImportPhase as Phase, type ImportProgressRecord, isOver } from '../../domain/import-progress.js';
import { readImportProgress } from '../../postgres/import-progress.js';
import { changeFeed } from '../change-feed.js';
import type { Context } from '../context.js';
import { instance } from '../instance.js';

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
  description: 'What an import is doing.',
  valuesConfig: {
    READING: { description: 'The file is read.' },
    CHECKING: { description: 'Each certificate is judged.' },
    PLANNING: { description: 'They are compared with what is there.' },
    STORING: { description: 'They are written, all or none; nobody sees any of it yet.' },
    DONE: { description: 'It is answered; what it deployed is on its way.' },
    REFUSED: { description: 'Nothing was imported; the answer says why.' },
    FAILED: { description: 'The service failed or went away; a retry with the same key tells what became of it.' },
  },
});

@ObjectType({ description: 'How far an import is.' })
export class ImportProgress {
  @Field(() => ImportPhase, { description: 'What it is doing.' })
  phase!: Phase;

  @Field(() => Int, {
    description:
      'Certificates of `total` that this phase is through with; PLANNING and STORING take all of them at once.',
  })
  done!: number;

  @Field(() => Int, { description: 'Certificates of this phase; 0: not known yet.' })
  total!: number;
}

const KEY = 'The `idempotencyKey` that the request has, or will have.';

@Resolver(() => ImportProgress)
export class ImportProgressResolver {
  @Query(() => ImportProgress, {
    nullable: true,
    description:
      'How far an import of yours is, or a preview of one; null: it has not begun, or ended more than a day ago.',
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
      'How far an import of yours is, or a preview of one, up to ten times a second until it is over; null: it has not begun. Subscribe before it, with a key of its own.',
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
  return typeof checkIdempotencyKey(text) === 'string';
}
