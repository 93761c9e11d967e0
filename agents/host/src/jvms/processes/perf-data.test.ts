import { describe, expect, jest, test } from '@jest/globals';
import { stringOf } from './perf-data.js';

/** Performance data with these strings. */
function dataOf(strings: Readonly<Record<string, string>>, little: boolean): Buffer {
  const int = (...values: number[]): Buffer => {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, index) =>
      little ? bytes.writeUInt32LE(value, 4 * index) : bytes.writeUInt32BE(value, 4 * index),
    );
    return bytes;
  };
  const entries = Object.entries(strings).map(([name, value]) => {
    const body = Buffer.from(`${name}\0${value}\0`, 'latin1');
    const header = [
      int(20 + body.length, 20, value.length + 1),
      Buffer.from('B\0\x05\x01', 'latin1'),
      int(21 + name.length),
    ];
    return Buffer.concat([...header, body]);
  });
  const prologue = [Buffer.of(0xca, 0xfe, 0xc0, 0xc0, little ? 1 : 0, 2, 0, 1), int(0, 0, 0, 0, 32, entries.length)];
  return Buffer.concat([...prologue, ...entries]);
}

describe('performance data', () => {
  test.each([true, false])('tell a string by its name, little-endian: %s', (little) => {
    const data = dataOf({ 'java.rt.vmArgs': '', 'sun.rt.jvmCapabilities': '01' }, little);
    expect(stringOf(data, 'sun.rt.jvmCapabilities')).toBe('01');
    expect(stringOf(data, 'java.rt.vmArgs')).toBe('');
    expect(stringOf(data, 'sun.rt.jvm')).toBeNull();
  });

  test('that are cut off, or something else, tell nothing and end', () => {
    const data = dataOf({ a: '1', b: '2' }, true);
    for (let length = 0; length < data.length; length += 1) {
      let told: string | null = null;
      try {
        told = stringOf(data.subarray(0, length), 'b');
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
      expect(told ?? '').toBe('');
    }
    expect(stringOf(Buffer.from(data).fill(0, 0, 4), 'a')).toBeNull();
    data.writeUInt32LE(0, 32);
    data.writeUInt32LE(0xffffffff, 28);
    expect(() => stringOf(data, 'c')).toThrow(RangeError);
  });

  test('whose names have no end are not read to their end, for none of the entries', () => {
    const data = endless(26_000);
    const looked = jest.spyOn(Buffer.prototype, 'indexOf');
    const read = jest.spyOn(Buffer.prototype, 'toString');
    expect(stringOf(data, 'sun.rt.jvmCapabilities')).toBeNull();
    const calls = looked.mock.calls.length + read.mock.calls.length;
    jest.restoreAllMocks();
    expect(calls).toBe(0);
  });

  test('have no more than 4,096 entries, and no string of more than 4 KB', () => {
    const many = Object.fromEntries([...Array(4_100).keys()].map((number) => [`name${number}`, 'value']));
    const data = dataOf(many, true);
    expect(stringOf(data, 'name4095')).toBe('value');
    expect(stringOf(data, 'name4096')).toBeNull();
    expect(stringOf(dataOf({ a: 'x'.repeat(4_095) }, true), 'a')).toHaveLength(4_095);
    expect(stringOf(dataOf({ a: 'x'.repeat(4_096) }, true), 'a')).toBeNull();
  });
});

/** A megabyte of which each entry has its name at the same long text. */
function endless(entries: number): Buffer {
  const data = Buffer.alloc(1_024 * 1_024, 'A');
  data.writeUInt32BE(0xcafec0c0, 0);
  data[4] = 1;
  data.writeUInt32LE(32, 24);
  data.writeUInt32LE(entries, 28);
  const text = 32 + entries * 20;
  for (let at = 32; at < text; at += 20) {
    data.writeUInt32LE(20, at);
    data.writeUInt32LE(text - at, at + 4);
  }
  data[data.length - 1] = 0;
  return data;
}
