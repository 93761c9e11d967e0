import { KeystoreError } from '../errors.js';

const MAX_DEPTH = 32;
const PRIMITIVE_BYTES: Readonly<Record<string, number>> = { B: 1, C: 2, D: 8, F: 4, I: 4, J: 8, S: 2, Z: 1 };

interface ClassDescription {
  readonly name: string;
  readonly flags: number;
  readonly fields: readonly string[];
  readonly parent: ClassDescription | undefined;
}

/**
 * Answers where the serialized Java object at `start` ends (Java Object Serialization Specification, chapter 6). Nothing
 * is instantiated: JCEKS wraps its secret keys so, and they have to be stepped over.
 */
export function skipSerializedObject(bytes: Buffer, start: number): number {
  const stream = new SerializedStream(bytes, start);
  stream.header();
  stream.content(0);
  return stream.at;
}

class SerializedStream {
  at: number;
  readonly #bytes: Buffer;
  readonly #handles: (ClassDescription | undefined)[] = [];

  constructor(bytes: Buffer, start: number) {
    this.#bytes = bytes;
    this.at = start;
  }

  header(): void {
    if (this.#u32() !== 0xaced0005) throw malformed();
  }

  content(depth: number): void {
    if (depth > MAX_DEPTH) throw malformed();
    switch (this.#u8()) {
      case 0x70: // TC_NULL
        return;
      case 0x71: // TC_REFERENCE
        this.#skip(4);
        return;
      case 0x73: {
        // TC_OBJECT
        const type = this.#classDescription(depth);
        this.#handles.push(undefined);
        this.#values(type, depth);
        return;
      }
      case 0x74: // TC_STRING
        this.#handles.push(undefined);
        this.#skip(this.#u16());
        return;
      case 0x75: {
        // TC_ARRAY
        const type = this.#classDescription(depth);
        this.#handles.push(undefined);
        const item = type?.name[1] ?? '';
        const count = this.#u32();
        const size = PRIMITIVE_BYTES[item];
        if (size !== undefined) this.#skip(count * size);
        else for (let left = count; left > 0; left--) this.content(depth + 1);
        return;
      }
      case 0x77: // TC_BLOCKDATA
        this.#skip(this.#u8());
        return;
      default:
        throw malformed();
    }
  }

  #values(type: ClassDescription | undefined, depth: number): void {
    if (!type) return;
    if (depth > MAX_DEPTH) throw malformed();
    this.#values(type.parent, depth + 1);
    if ((type.flags & 0x02) === 0) throw malformed(); // SC_SERIALIZABLE
    for (const field of type.fields) {
      const size = PRIMITIVE_BYTES[field];
      if (size !== undefined) this.#skip(size);
      else this.content(depth + 1);
    }
    if ((type.flags & 0x01) !== 0) this.#annotation(depth); // SC_WRITE_METHOD
  }

  #classDescription(depth: number): ClassDescription | undefined {
    if (depth > MAX_DEPTH) throw malformed();
    const kind = this.#u8();
    if (kind === 0x70) return undefined;
    if (kind === 0x71) return this.#handles[this.#u32() - 0x7e0000];
    if (kind !== 0x72) throw malformed(); // TC_CLASSDESC
    const name = this.#text();
    this.#skip(8);
    const handle = this.#handles.push(undefined) - 1;
    const flags = this.#u8();
    const fields: string[] = [];
    for (let left = this.#u16(); left > 0; left--) {
      const field = String.fromCharCode(this.#u8());
      this.#text();
      if (field === '[' || field === 'L') this.content(depth + 1);
      fields.push(field);
    }
    this.#annotation(depth);
    const described = { name, flags, fields, parent: this.#classDescription(depth + 1) };
    this.#handles[handle] = described;
    return described;
  }

  /** Contents up to TC_ENDBLOCKDATA. */
  #annotation(depth: number): void {
    while (this.#bytes[this.at] !== 0x78) this.content(depth + 1);
    this.at++;
  }

  #text(): string {
    const length = this.#u16();
    this.#skip(length);
    return this.#bytes.toString('latin1', this.at - length, this.at);
  }

  #u8(): number {
    this.#skip(1);
    return this.#bytes.readUInt8(this.at - 1);
  }

  #u16(): number {
    this.#skip(2);
    return this.#bytes.readUInt16BE(this.at - 2);
  }

  #u32(): number {
    this.#skip(4);
    return this.#bytes.readUInt32BE(this.at - 4);
  }

  #skip(count: number): void {
    if (this.at + count > this.#bytes.length) throw malformed();
    this.at += count;
  }
}

function malformed(): KeystoreError {
  return new KeystoreError('KEYSTORE_MALFORMED', 'a secret key is not wrapped as the JDK wraps it');
}
