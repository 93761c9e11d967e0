import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findJvms } from '@trustcast/dev/setup/find-jdks.mjs';
import {
  Pkcs12Writer,
  type TruststoreEntry,
  countPkcs12Entries,
  isMarker,
  markerCertificate,
  readKeystore,
  writePkcs12,
} from '../src/index.js';
import { ReferenceJvm, type LoadedEntry } from './reference-jvm.js';
import { machineRoots } from './machine-roots.js';

const ENVIRONMENT = '6f1c2b52-5f0e-4d0c-9a8e-0d3c8a1f7b01';
const marker: TruststoreEntry = { alias: 'trustcast/marker', der: markerCertificate(ENVIRONMENT) };
const sha256 = (der: Uint8Array) => createHash('sha256').update(der).digest('hex');
const seen = (entries: readonly TruststoreEntry[]): LoadedEntry[] =>
  entries
    .map(({ alias, der }) => ({ kind: 'trusted' as const, sha256: sha256(der), alias: alias.toLowerCase() }))
    .sort(byAlias);
const byAlias = (a: { alias: string }, b: { alias: string }) => (a.alias < b.alias ? -1 : 1);
const sorted = (entries: LoadedEntry[] | string) => (typeof entries === 'string' ? entries : entries.sort(byAlias));

/** Makes certificates that differ by their serial numbers, from one whose own has room for theirs. */
function withLongSerial(template: Uint8Array): ((serial: number) => Buffer) | undefined {
  const version3 = Buffer.from('a003020102', 'hex');
  const start = Buffer.from(template).indexOf(version3) + version3.length + 2;
  const length = template[start - 1] ?? 0;
  if (length < 8) return undefined;
  return (serial) => {
    const der = Buffer.from(template);
    der.writeUInt32BE(serial, start + length - 4);
    return der;
  };
}

describe('a truststore that was written', () => {
  let references: ReferenceJvm[] = [];
  let roots: TruststoreEntry[] = [];

  beforeAll(async () => {
    references = await ReferenceJvm.startAll();
    roots = machineRoots();
  });
  afterAll(() => Promise.all(references.map((reference) => reference.stop())));

  it.each([null, '', 'changeit', 'any other'])(
    'opens with the password %j and holds what was put in',
    async (password) => {
      const entries = [...roots, marker];
      const file = writePkcs12(entries);
      for (const reference of references) expect(sorted(await reference.load(file, password))).toEqual(seen(entries));
    },
  );

  it('keeps aliases of every kind of character', async () => {
    const aliases = ['a', 'Ürün 証明書', 'ß', 'İstanbul', 'x'.repeat(255), 'base/düsseldorf', '=;,"\\', 'ﬀ'];
    const entries = aliases.map((alias) => ({ alias, der: marker.der }));
    for (const reference of references) {
      const loaded = await reference.load(writePkcs12(entries));
      expect(typeof loaded === 'string' ? loaded : loaded.map(({ alias }) => alias).sort()).toEqual(
        aliases.map(javaLowerCase).sort(),
      );
    }
  });

  it.each(['keytool', 'keytool with a password'])('is listed by %s', async (how) => {
    const folder = mkdtempSync(join(tmpdir(), 'trustcast-'));
    try {
      const file = join(folder, 'truststore.p12');
      writeFileSync(file, writePkcs12(roots.slice(0, 3)));
      for (const { home } of await findJvms()) {
        const password = how === 'keytool' ? [] : ['-storepass', 'changeit'];
        const listed = execFileSync(`${home}/bin/keytool`, ['-list', '-keystore', file, ...password], {
          encoding: 'utf8',
          input: '\n',
          stdio: ['pipe', 'pipe', 'ignore'],
        });
        expect(listed).toContain('contains 3 entries');
        expect(listed.match(/trustedCertEntry/g)).toHaveLength(3);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('with a MAC opens with its password or none, and with no other', async () => {
    const file = writePkcs12(roots, { password: 'pass ~word 42' });
    for (const reference of references) {
      expect(sorted(await reference.load(file, 'pass ~word 42'))).toEqual(seen(roots));
      expect(sorted(await reference.load(file, null))).toEqual(seen(roots));
      expect(await reference.load(file, 'other')).toMatch(/Failed PKCS12 integrity checking/);
    }
  });

  it('with encryption opens with its password, and without shows nothing', async () => {
    const file = writePkcs12(roots, { password: 'changeit', encrypt: true });
    for (const reference of references) {
      expect(sorted(await reference.load(file, 'changeit'))).toEqual(seen(roots));
      expect(await reference.load(file, null)).toEqual([]);
      expect(await reference.load(file, 'other')).toMatch(/password was incorrect/);
    }
  });

  it('with 20,000 certificates is what Java and this reader read', async () => {
    const templates = roots.flatMap(({ der }) => withLongSerial(der) ?? []);
    const entries = Array.from({ length: 20_000 }, (_, index) => ({
      alias: `entry-${index}`,
      der: templates[index % templates.length]!(index),
    }));
    expect(new Set(seen(entries).map(({ sha256 }) => sha256)).size).toBe(20_000);
    const file = new Pkcs12Writer().write(entries);
    expect(Buffer.concat(new Pkcs12Writer().pieces(entries)).equals(file)).toBe(true);
    expect(countPkcs12Entries(file)).toBe(20_000);
    for (const reference of references) expect(sorted(await reference.load(file))).toEqual(seen(entries));
  });

  it('shows the marker as a trusted certificate that parses', async () => {
    for (const reference of references) expect(await reference.parse(marker.der)).toBe('ok');
    expect(isMarker(marker.der)).toBe(true);
    expect(readKeystore(writePkcs12([marker])).entries.filter(({ der }) => isMarker(der))).toHaveLength(1);
  });
});

/** Java keeps the dot of İ in the English locale, as JavaScript does. */
function javaLowerCase(alias: string): string {
  return alias.toLowerCase();
}
