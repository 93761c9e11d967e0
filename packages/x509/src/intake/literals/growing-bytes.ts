/** Bytes outside of the heap: as an array of numbers they take eight times the room, and a list may be as long as the input. */
export class GrowingBytes {
  #bytes = Buffer.allocUnsafe(64);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(byte: number): void {
    this.append([byte]);
  }

  append(bytes: ArrayLike<number>): void {
    const length = this.#length + bytes.length;
    if (length > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], length * 2);
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
  }

  whole(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}
