import { type Hash, createHash, randomUUID } from 'node:crypto';

/** A file that came as a part of a request, in memory that threads share: nobody copies it. */
export interface Upload {
  readonly bytes: Uint8Array;
  /** SHA-256, hex, of its base64: what a request is known by that brings the same as text. */
  readonly base64Sha256: string;
}

/** What stands in an argument in the place of a file. Nobody can guess one. */
const PREFIX = 'upload:';
const uploads = new Map<string, Upload>();

/** @returns what stands for the file until it is forgotten */
export function keepUpload(upload: Upload): string {
  const reference = `${PREFIX}${randomUUID()}`;
  uploads.set(reference, upload);
  return reference;
}

export function forgetUpload(reference: string): void {
  uploads.delete(reference);
}

/** The file that an argument stands for; undefined: it is what it says itself. */
export function uploadOf(content: unknown): Upload | undefined {
  return typeof content === 'string' && content.startsWith(PREFIX) ? uploads.get(content) : undefined;
}

/** Collects a file chunk by chunk: what it takes of the event loop is spread over its arrival. */
export class UploadBuffer {
  readonly #memory: SharedArrayBuffer;
  readonly #hash: Hash = createHash('sha256');
  #length = 0;
  #rest = Buffer.alloc(0);

  constructor(maxBytes: number) {
    // Addresses are set aside, and memory is taken as it grows.
    this.#memory = new SharedArrayBuffer(0, { maxByteLength: maxBytes });
  }

  add(chunk: Buffer): void {
    const end = this.#length + chunk.length;
    if (end > this.#memory.byteLength)
      this.#memory.grow(Math.min(this.#memory.maxByteLength, Math.max(end, 2 * this.#memory.byteLength)));
    new Uint8Array(this.#memory, this.#length, chunk.length).set(chunk);
    this.#length = end;
    const whole = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const cut = whole.length - (whole.length % 3);
    this.#hash.update(whole.toString('base64', 0, cut));
    this.#rest = Buffer.from(whole.subarray(cut));
  }

  end(): Upload {
    const base64Sha256 = this.#hash.update(this.#rest.toString('base64')).digest('hex');
    return { bytes: new Uint8Array(this.#memory, 0, this.#length), base64Sha256 };
  }
}

/** The base64 of a file: for whatever takes text only. */
export function base64Of({ bytes }: Upload): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** An input with the base64 of files in their place, as it would be without multipart. */
export function withFiles<Input extends object>(input: Input): Input {
  if (uploads.size === 0) return input;
  const inlined = (value: unknown): unknown => {
    const upload = uploadOf(value);
    if (upload) return base64Of(upload);
    if (Array.isArray(value)) return value.map(inlined);
    if (typeof value !== 'object' || value === null || value instanceof Date) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inlined(each)]));
  };
  return inlined(input) as Input;
}
