import { existsSync } from 'node:fs';
import { type KeyDocument, decodeKeyList, decodeRoot, rootIdOf, thumbprintOf } from '@trustcast/schema';
import { table } from '@trustcast/terminal';
import type { Given, Option } from '../command.js';
import { UsageError } from '../errors.js';
import { editList, firstDocument, missing, nextRoot, signDocument } from './edit-list.js';
import {
  type FileKey,
  KeysError,
  readDocument,
  readKey,
  readOrMakeKey,
  readPrivateKey,
  writeDocument,
} from './key-files.js';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 365;

interface Call {
  readonly file: string;
  readonly words: readonly string[];
  readonly options: Given;
  readonly now: number;
}

export interface KeysCommand {
  readonly summary: string;
  readonly words?: string;
  readonly options: Readonly<Record<string, Option>>;
  /** @returns what to print */
  readonly run: (call: Call) => Promise<string>;
}

const ROOT_KEYS: Readonly<Record<string, Option>> = {
  'root-key': {
    value: 'FILE',
    multiple: true,
    says: 'PEM of a root key, several times for several: private, created for its owner alone if missing, or the public one of another person',
  },
  threshold: { value: 'NUMBER', says: 'number of root keys that must sign (default: more than half)' },
};
const LIST_DAYS: Option = { value: 'DAYS', says: `days after which the list ends (default: ${DEFAULT_DAYS})` };

/** The commands of `trustcast-keys`. */
export const COMMANDS: Readonly<Record<string, KeysCommand>> = {
  init: {
    summary: 'makes the first root, and a list without keys',
    options: {
      installation: { value: 'UUID', says: 'id of the installation, which serve logs when it is ready' },
      ...ROOT_KEYS,
      'list-days': LIST_DAYS,
    },
    async run({ file, options, now }) {
      const installation = need(options, 'installation');
      const root = { installation, ...(await rootOf(options)) };
      if (existsSync(file)) {
        const [first] = readDocument(file).roots;
        const known = first && decodeRoot(first);
        if (
          JSON.stringify({ ...known, version: 1 }) ===
          JSON.stringify({ installation, version: 1, threshold: root.threshold, keys: root.keys })
        )
          return overview(readDocument(file));
        throw new KeysError(`${file} is there already, with another root: name another file`);
      }
      return save(file, firstDocument(root, { issuedAt: now, expiresAt: endOf(options, 'list-days', now) }));
    },
  },
  add: {
    summary: 'adds a key that signs statements, or gives it other dates, and sets the end of the list',
    options: {
      key: { value: 'FILE', says: 'PEM of the key, private or public' },
      'not-before': { value: 'TIME', says: 'time from which it is believed, ISO 8601 (default: now)' },
      days: { value: 'DAYS', says: `days for which it is believed (default: ${DEFAULT_DAYS})` },
      'list-days': LIST_DAYS,
    },
    async run({ file, options, now }) {
      const { jwk, kid } = await readKey(need(options, 'key'));
      const notBefore = timeOf(options, 'not-before', now);
      const listed = { key: jwk, notBefore, notAfter: endOf(options, 'days', notBefore) };
      return save(
        file,
        editList(readDocument(file), (list) => ({
          ...list,
          issuedAt: now,
          expiresAt: endOf(options, 'list-days', now),
          keys: [...list.keys.filter(({ key }) => thumbprintOf(key) !== kid), listed],
        })),
      );
    },
  },
  remove: {
    summary: 'takes keys back: hosts believe nothing more that they have signed',
    words: 'THUMBPRINT…',
    options: {
      'start-from': {
        value: 'ENVIRONMENT=EPOCH.REVISION',
        multiple: true,
        says: 'position from which hosts of an environment (its id) start again that are beyond it by the word of such a key',
      },
    },
    run({ file, words, options, now }) {
      const starts = options.all('start-from').map(startOf);
      const document = readDocument(file);
      const listed = decodeKeyList(document.list).keys.map(({ key }) => thumbprintOf(key));
      const unknown = words.filter((kid) => !listed.includes(kid));
      if (unknown.length > 0 && starts.length === 0)
        throw new KeysError(`the list does not have ${unknown.join(', ')}; it has ${listed.join(', ') || 'no keys'}`);
      if (words.length === 0 && starts.length === 0) throw new UsageError('remove needs the thumbprint of a key');
      return Promise.resolve(
        save(
          file,
          editList(document, (list) => ({
            ...list,
            issuedAt: now,
            keys: list.keys.filter(({ key }) => !words.includes(thumbprintOf(key))),
            startFrom: [
              ...list.startFrom.filter(({ environment }) => starts.every((start) => start.environment !== environment)),
              ...starts,
            ],
          })),
        ),
      );
    },
  },
  'next-root': {
    summary: 'replaces the root: keys that are lost or stolen are left out, others come in',
    options: ROOT_KEYS,
    async run({ file, options }) {
      return save(file, nextRoot(readDocument(file), await rootOf(options)));
    },
  },
  sign: {
    summary: 'signs whatever these keys may sign; people with one key each hand the file on',
    options: {
      'root-key': { value: 'FILE', multiple: true, says: 'PEM of a private root key, several times for several' },
      'hand-over': {
        value: 'FILE',
        says: 'PEM of the private signing key that hosts have pinned so far: it signs the first root, so that they follow it',
      },
    },
    async run({ file, options }) {
      const paths = options.all('root-key');
      const handOver = options.text('hand-over');
      if (paths.length === 0 && handOver === undefined) throw new UsageError('sign needs --root-key');
      const signers = await Promise.all(paths.map(readPrivateKey));
      const before = readDocument(file);
      const known = new Set(before.roots.flatMap((root) => decodeRoot(root).keys));
      const strange = signers.findIndex(({ kid }) => !known.has(kid));
      if (strange >= 0) throw new KeysError(`${paths[strange] ?? ''} is a key of none of the roots`);
      return save(file, signDocument(before, signers, handOver === undefined ? null : await readPrivateKey(handOver)));
    },
  },
  show: {
    summary: 'shows what hosts pin, the keys, and which signatures are missing',
    options: { json: { says: 'prints JSON instead of text' } },
    run({ file, options }) {
      const document = readDocument(file);
      return Promise.resolve(options.has('json') ? JSON.stringify(detailsOf(document), null, 2) : overview(document));
    },
  },
};

async function rootOf(options: Given): Promise<{ threshold: number; keys: readonly string[] }> {
  const paths = options.all('root-key');
  if (paths.length === 0) throw new UsageError('--root-key is needed, once for each root key');
  const keys: FileKey[] = [];
  for (const path of paths) keys.push(await readOrMakeKey(path));
  const kids = [...new Set(keys.map(({ kid }) => kid))];
  if (kids.length < keys.length) throw new KeysError('two of the files hold the same root key');
  const threshold = numberOf(options, 'threshold', Math.floor(kids.length / 2) + 1);
  if (threshold > kids.length)
    throw new UsageError(`--threshold must be at most ${kids.length}, the number of root keys`);
  return { threshold, keys: kids };
}

function save(file: string, document: KeyDocument): string {
  // Whatever it says is read back by the rules of hosts before it is written.
  const text = overview(document);
  writeDocument(file, document);
  return text;
}

function detailsOf(document: KeyDocument): object {
  const last = document.roots.at(-1);
  return {
    pin: last ? rootIdOf(last) : null,
    roots: document.roots.map((root) => ({ id: rootIdOf(root), ...decodeRoot(root) })),
    list: decodeKeyList(document.list),
    missing: missing(document).map(({ what, count, keys }) => ({ what, count, keys })),
  };
}

function overview(document: KeyDocument): string {
  const last = document.roots.at(-1);
  const root = last && decodeRoot(last);
  const list = decodeKeyList(document.list);
  const iso = (time: number) => new Date(time).toISOString();
  const open = missing(document);
  return table([
    ['installation', list.installation],
    ['hosts pin', last ? rootIdOf(last) : 'keys'],
    ['root', root ? `version ${root.version}, ${root.threshold} of ${root.keys.length} keys` : 'none'],
    ...(root?.keys.map((kid) => ['', kid] as const) ?? []),
    ['list', `version ${list.version}, ends ${iso(list.expiresAt)}`],
    ...list.keys.map(
      ({ key, notBefore, notAfter }) =>
        ['', `${thumbprintOf(key)} from ${iso(notBefore)} to ${iso(notAfter)}`] as const,
    ),
    ...list.startFrom.map(
      ({ environment, epoch, revision }) => ['start from', `${environment}=${epoch}.${revision}`] as const,
    ),
    ...(open.length === 0
      ? [['signatures', 'complete: main.js publish-keys hands it to hosts'] as const]
      : open.map(({ what, count, keys }) => ['to be signed', `${what}: by ${count} of ${keys.join(', ')}`] as const)),
  ]);
}

function need(options: Given, name: string): string {
  const text = options.text(name);
  if (text === undefined) throw new UsageError(`--${name} is needed`);
  return text;
}

function numberOf(options: Given, name: string, standard: number): number {
  const text = options.text(name) ?? String(standard);
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new UsageError(`--${name} must be a whole number from 1 to 99999`);
  return Number(text);
}

function endOf(options: Given, name: string, from: number): number {
  return from + numberOf(options, name, DEFAULT_DAYS) * DAY_MS;
}

function timeOf(options: Given, name: string, standard: number): number {
  const text = options.text(name);
  if (text === undefined) return standard;
  const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?Z)?$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(time)) throw new UsageError(`--${name} must be a time such as 2027-01-31T12:00:00Z`);
  return time;
}

function startOf(text: string) {
  const [, environment, epoch, revision] = /^([0-9a-f-]{36})=(\d{1,10})\.(\d{1,10})$/.exec(text) ?? [];
  if (environment === undefined)
    throw new UsageError(
      '--start-from must be <id of the environment>=<epoch>.<revision>, as trustcast plan-epoch shows them',
    );
  return { environment, epoch: Number(epoch), revision: Number(revision) };
}
