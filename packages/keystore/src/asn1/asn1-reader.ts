import { Asn1Error } from '../errors.js';

/** One element. `content` excludes tag and length (and end-of-contents); `whole` includes them. */
export interface Asn1Element {
  /** The identifier octet; tag numbers above 30 are refused, as no format here has them. */
  readonly tag: number;
  readonly content: Buffer;
  readonly whole: Buffer;
}

/** `DER`: definite, minimal lengths only. `BER`: indefinite and padded lengths too, as containers come in. */
export type EncodingRules = 'DER' | 'BER';

const MAX_DEPTH = 32;

/** Reads the elements of a buffer one after the other, without copying (X.690). Throws {@link Asn1Error}. */
export class Asn1Reader {
  readonly #bytes: Buffer;
  readonly #rules: EncodingRules;
  readonly #depth: number;
  #at = 0;

  constructor(bytes: Uint8Array, rules: EncodingRules, depth = 0) {
    if (depth > MAX_DEPTH) throw new Asn1Error(`elements are nested deeper than ${MAX_DEPTH}`);
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#rules = rules;
    this.#depth = depth;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Tag of the next element; undefined at the end. */
  get nextTag(): number | undefined {
    return this.#bytes[this.#at];
  }

  next(tag?: number): Asn1Element {
    const element = this.#element(this.#at);
    if (tag !== undefined && element.tag !== tag)
      throw new Asn1Error(`expected tag ${hex(tag)}, found ${hex(element.tag)}`);
    this.#at += element.whole.length;
    return element;
  }

  /** The next element where it has this tag. */
  optional(tag: number): Asn1Element | undefined {
    return this.nextTag === tag ? this.next() : undefined;
  }

  /** A reader of the next element's content. */
  enter(tag: number): Asn1Reader {
    return this.inside(this.next(tag));
  }

  /** A reader of an element's content. */
  inside(element: Asn1Element): Asn1Reader {
    return new Asn1Reader(element.content, this.#rules, this.#depth + 1);
  }

  /** Throws unless everything was read. */
  end(): void {
    if (!this.done) throw new Asn1Error(`${this.#bytes.length - this.#at} bytes too many`);
  }

  /** The rest, element by element. */
  *rest(): Generator<Asn1Element, void, undefined> {
    while (!this.done) yield this.next();
  }

  oid(): string {
    const { content } = this.next(0x06);
    // As many as Java reads.
    if (content.length > 4_096) throw new Asn1Error('an object identifier is too large');
    return decodeOid(content);
  }

  /** An INTEGER that is not negative and fits a safe integer. */
  count(): number {
    const { content } = this.next(0x02);
    if (content.length === 0 || content.length > 6 || ((content[0] ?? 0) & 0x80) !== 0)
      throw new Asn1Error('a number is negative or too large');
    return content.readUIntBE(0, content.length);
  }

  /** An OCTET STRING; under BER also one in several parts. `tag` for an implicitly tagged one. */
  octets(tag = 0x04): Buffer {
    const element = this.next();
    if (element.tag === tag) return element.content;
    if (this.#rules === 'BER' && element.tag === (tag | 0x20)) {
      const parts = this.inside(element);
      const joined: Buffer[] = [];
      while (!parts.done) joined.push(parts.octets());
      return Buffer.concat(joined);
    }
    throw new Asn1Error(`expected tag ${hex(tag)}, found ${hex(element.tag)}`);
  }

  #element(start: number, depth = this.#depth): Asn1Element {
    const bytes = this.#bytes;
    const tag = bytes[start];
    const first = bytes[start + 1];
    if (tag === undefined || first === undefined) throw new Asn1Error('an element is cut off');
    if ((tag & 0x1f) === 0x1f) throw new Asn1Error('a tag number is above 30');
    if (first === 0x80) return this.#indefinite(start, tag, depth);
    let from = start + 2;
    let length = first;
    if (first > 0x80) {
      const count = first & 0x7f;
      if (count > 4 || from + count > bytes.length) throw new Asn1Error('a length is too long');
      length = bytes.readUIntBE(from, count);
      if (this.#rules === 'DER' && (length < 0x80 || length < 256 ** (count - 1)))
        throw new Asn1Error('a length is not minimal');
      from += count;
    }
    if (from + length > bytes.length) throw new Asn1Error('an element is cut off');
    return { tag, content: bytes.subarray(from, from + length), whole: bytes.subarray(start, from + length) };
  }

  #indefinite(start: number, tag: number, depth: number): Asn1Element {
    if (this.#rules === 'DER' || (tag & 0x20) === 0) throw new Asn1Error('a length is indefinite');
    if (depth > MAX_DEPTH) throw new Asn1Error(`elements are nested deeper than ${MAX_DEPTH}`);
    const from = start + 2;
    let at = from;
    while (this.#bytes[at] !== 0 || this.#bytes[at + 1] !== 0) at += this.#element(at, depth + 1).whole.length;
    return { tag, content: this.#bytes.subarray(from, at), whole: this.#bytes.subarray(start, at + 2) };
  }
}

/** Dotted form of an OBJECT IDENTIFIER's content. Arcs may be large: 2.25 is followed by a UUID. */
export function decodeOid(content: Uint8Array): string {
  const last = content[content.length - 1];
  if (last === undefined || last >= 0x80) throw new Asn1Error('an object identifier is cut off');
  const arcs: (number | bigint)[] = [];
  let arc: number | bigint = 0;
  let begins = true;
  for (const byte of content) {
    if (begins && byte === 0x80) throw new Asn1Error('an object identifier is padded');
    if (typeof arc === 'number')
      arc = arc < 2 ** 45 ? arc * 128 + (byte & 0x7f) : BigInt(arc) * 128n + BigInt(byte & 0x7f);
    else arc = arc * 128n + BigInt(byte & 0x7f);
    begins = byte < 0x80;
    if (!begins) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [first = 0, ...rest] = arcs;
  const root = first < 80 ? Math.floor(Number(first) / 40) : 2;
  const second = typeof first === 'number' ? first - root * 40 : first - 80n;
  return [root, second, ...rest].join('.');
}

function hex(tag: number): string {
  return `0x${tag.toString(16).padStart(2, '0')}`;
}
