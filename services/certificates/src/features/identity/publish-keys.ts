import {
  type KeyDocument,
  KeyListError,
  type TrustedKeys,
  keysAt,
  rootIdOf,
  verifyKeyDocument,
} from '@trustcast/schema';
import { StartError } from '../../platform/start-error.js';
import { type Sql, statement } from '../../platform/postgres/statement.js';
import { writeAudit } from '../audit/sql/write-audit.js';
import { BY_SERVICE } from '../requests/request.js';
import { type PublishedList, forgetBeyond, readKeyList, storeKeyList } from './sql/key-lists.js';
import { type KnownSigningKey, readSigningKeys } from './sql/signing-keys.js';

export interface Publication {
  readonly trusted: TrustedKeys;
  /** False where this very list was published before. */
  readonly isNew: boolean;
  /** What the operator should know. */
  readonly notes: readonly string[];
}

const NOTIFY = statement<object>('key_list_notify', `SELECT pg_notify('trustcast_keys', '')`);

/**
 * Publishes the list of signing keys to hosts, in the place of the one before. The first root is taken as it is; each later one must
 * follow it.
 *
 * @throws StartError
 */
export async function publishKeys(
  transaction: Sql,
  installation: string,
  document: KeyDocument,
  nowMs = Date.now(),
): Promise<Publication> {
  const known = await readSigningKeys(transaction);
  const before = await readKeyList(transaction);
  const trusted = verified(document, before, known);
  const { list, rootId } = trusted;
  if (list.installation !== installation)
    throw refused(`it is of the installation ${list.installation}, and this one is ${installation}`);
  if (before?.rootVersion === list.rootVersion && before.version === list.version)
    return { trusted, isNew: false, notes: [] };
  const valid = keysAt(trusted, nowMs);
  const usable = known.filter(({ kid, current, announced }) => (current || announced) && valid.has(kid));
  if (usable.length === 0)
    throw refused(
      'it has neither the current signing key of this installation nor the announced one, or both are not valid now: hosts would believe nothing',
    );
  const { rootVersion, version } = list;
  await storeKeyList(transaction, { rootVersion, version, rootId, document });
  await forgetBeyond(transaction, list.startFrom);
  await writeAudit(transaction, BY_SERVICE, {
    action: 'publishKeys',
    ...(before && { before: named(verified(before.document, null, known)) }),
    after: named(trusted),
  });
  await transaction.query(NOTIFY);
  return { trusted, isNew: true, notes: notesOn(document, known, usable, before) };
}

/** By the root that was published before, or else by the first root of the document, or by the service's own keys. */
function verified(document: KeyDocument, before: PublishedList | null, known: readonly KnownSigningKey[]): TrustedKeys {
  const first = document.roots[0];
  const ownKeys = known.map(({ kid }) => kid);
  try {
    const earlier = before && verified(before.document, null, known);
    const pins = earlier?.rootId != null ? [earlier.rootId] : first ? [rootIdOf(first)] : ownKeys;
    return verifyKeyDocument(document, pins, earlier);
  } catch (error) {
    if (error instanceof KeyListError) throw refused(`${error.code}: ${error.message}`);
    throw error;
  }
}

function notesOn(
  document: KeyDocument,
  known: readonly KnownSigningKey[],
  usable: readonly KnownSigningKey[],
  before: PublishedList | null,
): string[] {
  const current = known.find((key) => key.current);
  const isFirst = before?.rootId == null && document.roots.length > 0;
  return [
    ...(current && !usable.includes(current)
      ? [
          `hosts do not believe the current key ${current.kid} any more: start serve --new-signing-key now, with the key ${usable[0]?.kid ?? ''}`,
        ]
      : []),
    ...(isFirst && current && !isFollowed(document, current.kid)
      ? [
          `hosts that pin the key ${current.kid} do not follow this root, which that key has not signed: pin the root on them`,
        ]
      : []),
  ];
}

function isFollowed(document: KeyDocument, kid: string): boolean {
  try {
    verifyKeyDocument(document, [kid]);
    return true;
  } catch {
    return false;
  }
}

function named(trusted: TrustedKeys): object {
  const { rootVersion, version, startFrom } = trusted.list;
  return { rootId: trusted.rootId, rootVersion, version, signingKeyIds: [...trusted.keys.keys()], startFrom };
}

function refused(why: string): StartError {
  return new StartError('KEY_LIST_REFUSED', `the key list is not published: ${why}`);
}
