import { isJavaKeystore } from '@trustcast/keystore';
import { IntakeError, NoCertificateError } from '../errors.js';
import { decodeBase64Either } from './base64.js';
import { type BlockBody, areWhole, blockBody } from './block-body.js';
import { completed } from './completed.js';
import { isWhole } from './content-row.js';
import {
  type IntakeItem,
  derItems,
  embeddedCertificates,
  failedItem,
  firstElement,
  isCertificateContent,
} from './der-items.js';
import { isText, textOf } from './input-text.js';
import { lastLineOf, lineCounter, linesOf } from './line-numbers.js';
import { type LooseValue, listedValues, looseValues, unread, unreadNamed } from './loose-values.js';
import { type PemBlock, endAfter, familyOf, pemBlocks } from './pem-blocks.js';
import { refusePrivateKeyElements, refusePrivateKeyText, searchedForKeys } from './private-key.js';
import { plainCharacters, readForms, withoutDumps } from './forms/text-forms.js';
import { hexBytes, wrappedBase64 } from './wrapped-base64.js';

/** How the clipboard's text is encoded: bare base64 of DER, or PEM. */
export type ClipboardEncoding = 'BASE64' | 'BASE64PEM';

/** What is known of the input. */
export interface ReadCertificatesOptions {
  /** Of a PKCS#12, JKS or JCEKS file. */
  readonly password?: string;
  /** Given for the clipboard: anything else is refused with the way out, never guessed. */
  readonly encoding?: ClipboardEncoding;
}

/** Broken blocks that are told one by one; with more, the file is something else. */
const MAX_BROKEN = 1_000;
/** A line with BEGIN right before. */
const HEADED = /BEGIN[^\n]{0,160}\n?\s{0,32}$/i;
/** Layers of base64 around text: a Kubernetes Secret, copied as base64 once more. */
const MAX_LAYERS = 3;
/** Forms that lie in one another in another order than programs usually write them. */
const MAX_ROUNDS = 3;

/**
 * Reads one text. Blocks whose content is whole as it stands are taken as it stands. Only what lies between them is looked at in
 * the forms that it shows, so that a sign of one form beside a good block changes nothing of it.
 */
export class TextReader {
  readonly #labels = new Set<string>();
  readonly #bodies = new Map<string, BlockBody>();
  #blocks = 0;
  #hasText = false;
  /** What a value says of itself that holds no certificate. */
  #nothing: string | undefined;

  constructor(
    private readonly options: ReadCertificatesOptions,
    private readonly layer = 0,
    /** What cannot be read of the whole input, in whatever layer, and what there is of each that is no PEM block. */
    private readonly broken = { count: 0, starts: [] as readonly (Buffer | null)[] },
  ) {}

  read(given: string): IntakeItem[] {
    const holdsPem = searchedForKeys(given);
    const read = /^\s{0,64}\{\\rtf/.test(given)
      ? this.#region(given, 1)
      : this.#whole(withoutDumps(plainCharacters(given)));
    const { items, lost } =
      this.layer === 0 ? completed(read, given, { holdsPem, starts: this.broken.starts }) : { items: read, lost: [] };
    items.push(...lost.slice(0, MAX_BROKEN).map((message) => this.#failed(message)));
    const isPem = this.#blocks > 0;
    if (this.options.encoding === 'BASE64' && this.layer === 0 && isPem)
      throw new IntakeError('WRONG_ENCODING', 'this is PEM; choose BASE64PEM');
    if (this.options.encoding === 'BASE64PEM' && this.layer === 0 && !isPem && !this.#hasText && items.length > 0)
      throw new IntakeError('WRONG_ENCODING', 'this is base64 without BEGIN and END lines; choose BASE64');
    return items;
  }

  /** What a text says of itself that holds no certificate; undefined where it says nothing. */
  get nothing(): string | undefined {
    if (this.#nothing !== undefined || this.#labels.size === 0) return this.#nothing;
    return `this is no certificate: ${[...this.#labels].join(', ')}`;
  }

  #whole(text: string): IntakeItem[] {
    const items: IntakeItem[][] = [];
    const lineOf = lineCounter(text, 1);
    let open = 0;
    for (const block of pemBlocks(text)) {
      const isWhole = !block.cutOff && this.#body(block).bytes !== null;
      // What stands before BEGIN in its line belongs to the lines of the block.
      const before = isWhole ? Math.max(open, block.from) : open + lastLineOf(text.slice(open, block.from));
      items.push(this.#values(text.slice(open, before), lineOf(open)));
      items.push(isWhole ? this.#block(block, block.line) : this.#region(text.slice(before, block.to), lineOf(before)));
      open = Math.max(open, block.to);
    }
    items.push(this.#values(text.slice(open), lineOf(open)));
    return items.flat();
  }

  /** Text outside of blocks: values in base64 that are whole as they stand are taken so, too. */
  #values(text: string, first: number): IntakeItem[] {
    const items: IntakeItem[][] = [];
    const lineOf = lineCounter(text, first);
    const found = wrappedBase64(text);
    const named = new Set(unreadNamed(text, found));
    let [open, line] = [0, first];
    for (const value of [...found, ...named].sort((one, other) => one.from - other.from)) {
      const { from, to, bytes, problem } = value;
      // The lines of dashes around it are written in some form.
      if (from < open || (bytes && HEADED.test(text.slice(Math.max(0, from - 200), from)))) continue;
      const read = named.has(value)
        ? this.#found({ at: from, bytes, problem }, lineOf(from))
        : bytes
          ? this.#certain(bytes, lineOf(from))
          : [];
      if (read.length === 0) continue;
      items.push(this.#region(text.slice(open, from), line), read);
      open = endAfter(text, to);
      line = lineOf(open);
    }
    items.push(this.#region(text.slice(open), line));
    return items.flat();
  }

  /** What a value holds, if that is nothing but certificates. */
  #certain(bytes: Buffer, line: number): IntakeItem[] {
    if (!isText(bytes) && (!isKnown(bytes) || !isWhole(bytes))) return [];
    const [{ count, starts }, hadText] = [this.broken, this.#hasText];
    refusePrivateKeyElements(bytes);
    const items = this.#value(bytes, line);
    if (items.every(({ error }) => !error)) return items;
    Object.assign(this.broken, { count, starts });
    this.#hasText = hadText;
    return [];
  }

  /** Text in which no block is whole as it stands. */
  #region(text: string, line: number): IntakeItem[] {
    if (text.trim() === '') return [];
    const listed = listedValues(text);
    let read = text;
    for (let round = 0; round < MAX_ROUNDS && (round === 0 || !areWhole(read)); round++) {
      // The last column of a dump shows parts of lines that would be taken for PEM.
      const next = withoutDumps(readForms(read).text);
      if (next === read) break;
      refusePrivateKeyText(next);
      read = next;
    }
    const lineOf = linesOf(text, read, line);
    const items: IntakeItem[][] = [];
    let open = 0;
    for (const block of pemBlocks(read)) {
      const begin = open;
      items.push(this.#loose(read.slice(begin, Math.max(begin, block.from)), (at) => lineOf(begin + at)));
      items.push(this.#block(block, lineOf(block.from, block.line)));
      open = block.to;
    }
    items.push(this.#loose(read.slice(open), (at) => lineOf(open + at)));
    // An escape before a list hides where it begins.
    const after = read === text ? listed : listedValues(read);
    const lists = after.length > listed.length ? after : listed;
    const known = new Set(items.flat().map(({ der }) => (der ? Buffer.from(der).toString('hex') : '')));
    const listLine = linesOf(text, lists === listed ? text : read, line);
    const more = lists.flatMap((value) => this.#found(value, listLine(value.at)));
    return [...items.flat(), ...more.filter(({ der }) => !der || !known.has(Buffer.from(der).toString('hex')))];
  }

  #block(block: PemBlock, line: number): IntakeItem[] {
    const where = `PEM block ${++this.#blocks} (line ${line})`;
    this.#labels.add(block.label);
    const family = familyOf(block.label);
    const isCertificate = family === 'certificate' || family === 'pkcs7';
    const { bytes, problem } = this.#body(block);
    const decoded = bytes ?? decodeBase64Either(block.body);
    if (decoded) refusePrivateKeyElements(decoded);
    const failed = (what: string) => [this.#failed(`${where} cannot be read: ${what}`)];
    if (!isCertificate) {
      // Requests, public keys, parameters and lists are left aside; what stands in a block of another kind is looked at.
      if (!block.cutOff && bytes && !isText(bytes))
        return isCertificateContent(bytes) ? this.#decoded(bytes, line) : [];
      return this.#loose(block.body, () => line);
    }
    if (block.cutOff) {
      // Another value may follow; the first one is what the block holds.
      const [first, ...others] = wrappedBase64(block.body);
      const isOwn = first !== undefined && block.body.slice(0, first.from).trim() === '';
      const values = (isOwn ? others : [first, ...others]).flatMap((value) =>
        value?.bytes ? this.#value(value.bytes, line) : [],
      );
      return [...failed('the block has no END line of its own'), ...values];
    }
    if (!bytes) return failed(problem);
    try {
      // OpenSSL puts its trust settings behind the certificate.
      const content = block.label === 'TRUSTED CERTIFICATE' ? (firstElement(bytes) ?? bytes) : bytes;
      return this.#decoded(content, line);
    } catch (error) {
      if (error instanceof NoCertificateError) return failed(`the block holds no certificate: ${error.message}`);
      if (error instanceof IntakeError && error.code === 'MALFORMED_CERTIFICATE') return failed(error.message);
      throw error;
    }
  }

  /** Values outside of blocks. */
  #loose(text: string, lineOf: (at: number) => number): IntakeItem[] {
    if (text.trim() === '') return [];
    const whole = hexBytes(text) ?? decodeBase64Either(text);
    if (whole) refusePrivateKeyElements(whole);
    if (whole && isWhole(whole) && (isText(whole) || isKnown(whole)))
      return this.#value(whole, lineOf(text.search(/\S/)));
    return looseValues(text).flatMap((value) => this.#found(value, lineOf(value.at)));
  }

  #found({ bytes, problem, start, isEnd }: LooseValue, line: number): IntakeItem[] {
    if (bytes) {
      refusePrivateKeyElements(bytes);
      return this.#value(bytes, line);
    }
    this.#count();
    if (isEnd !== true) this.broken.starts = [...this.broken.starts, start ?? null];
    return [unread(line, problem ?? '')];
  }

  /** One of several values: what is wrong with it hides none of the others. */
  #value(bytes: Buffer, line: number): IntakeItem[] {
    if (isText(bytes) && !isJavaKeystore(bytes)) {
      this.#hasText = true;
      return this.layer === MAX_LAYERS ? [] : this.#layerOf(bytes, line).items;
    }
    if (!isKnown(bytes)) return [];
    try {
      return this.#decoded(bytes, line);
    } catch (error) {
      if (error instanceof NoCertificateError) {
        this.#nothing ??= error.message;
        return [];
      }
      if (!(error instanceof IntakeError) || error.code !== 'MALFORMED_CERTIFICATE') throw error;
      this.broken.starts = [...this.broken.starts, null];
      return [this.#failed(error.message)];
    }
  }

  /** Base64 may hold DER, a keystore, or text that holds them in its turn. */
  #decoded(bytes: Buffer, line: number): IntakeItem[] {
    if (!isText(bytes) || isJavaKeystore(bytes))
      return derItems(bytes, this.options.password, embeddedCertificates, (message) =>
        isText(message) ? this.#inner(message, line) : embeddedCertificates(message),
      );
    return this.#inner(bytes, line);
  }

  #inner(bytes: Buffer, line: number): IntakeItem[] {
    if (this.layer === MAX_LAYERS)
      throw new NoCertificateError(`base64 lies in base64 more than ${MAX_LAYERS} times: decode it first (base64 -d)`);
    const { items, nothing } = this.#layerOf(bytes, line);
    if (items.length === 0 && nothing !== undefined) throw new NoCertificateError(nothing);
    return items;
  }

  /** Blocks and lines of a text that lies in this one are told with the line in which it begins. */
  #layerOf(bytes: Buffer, line: number): { items: IntakeItem[]; nothing: string | undefined } {
    const reader = new TextReader(this.options, this.layer + 1, this.broken);
    const items = reader
      .read(textOf(bytes))
      .map((item) =>
        item.error ? failedItem(item.error.code, `in the encoded text of line ${line}: ${item.error.message}`) : item,
      );
    return { items, nothing: reader.nothing };
  }

  /** The content of a block, which is asked for more than once. */
  #body({ body, prefix }: PemBlock): BlockBody {
    const key = `${prefix}\n${body}`;
    const known = this.#bodies.get(key);
    if (known) return known;
    const read = blockBody(body, prefix);
    this.#bodies.set(key, read);
    return read;
  }

  #failed(message: string): IntakeItem {
    this.#count();
    return failedItem('MALFORMED_CERTIFICATE', message);
  }

  #count(): void {
    if (++this.broken.count > MAX_BROKEN)
      throw new IntakeError(
        'MALFORMED_CERTIFICATE',
        `more than ${MAX_BROKEN} certificates cannot be read: this may be something else; give certificates as PEM, DER, PKCS#7 or a keystore`,
      );
  }
}

function isKnown(bytes: Buffer): boolean {
  return isJavaKeystore(bytes) || isCertificateContent(bytes);
}
