import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readKeystore, writePkcs12 } from '@trustcast/keystore';
import { fingerprintOf } from '@trustcast/schema';
import { doctor } from './doctor.js';
import { entriesOf, entryOf } from './fixtures.js';
import { Host } from './host.js';

let host: Host;
beforeEach(async () => {
  host = await Host.start();
});
afterEach(async () => {
  await host.stop();
});

describe('doctor finds a base', () => {
  const base = (): string => join(host.home, 'base.p12');
  const env = (): Record<string, string> => ({ TRUSTCAST_BASE: `file:${base()}` });

  test('of the same size with another certificate under the same alias', async () => {
    const [one, two] = await entriesOf('one', 'two');
    writeFileSync(base(), writePkcs12([one!, two!]));
    await (await host.running(env())).stop();
    expect((await doctor(host, env())).of('base')).toEqual([`ok: ${base()}, 2 CAs`]);
    const other = await entryOf('two');
    writeFileSync(base(), writePkcs12([one!, other]));
    const short = ({ der }: typeof other): string => fingerprintOf(der).slice(0, 16);
    expect((await doctor(host, env())).of('base')).toEqual([
      `problem: ${base()}, 2 CAs, is not what the truststore was written with: ` +
        `that lacks 1 (two ${short(other)}) and has 1 (two ${short(two!)}) more`,
    ]);
  });

  test('of another size, and names the first', async () => {
    const all = await entriesOf('a', 'b', 'c', 'd', 'e');
    writeFileSync(base(), writePkcs12(all.slice(0, 1)));
    await (await host.running(env())).stop();
    writeFileSync(base(), writePkcs12(all));
    expect((await doctor(host, env())).of('base')).toEqual([
      expect.stringMatching(/^problem: .*: that lacks 4 \(b \w{16}, c \w{16}, d \w{16}, …\)$/),
    ]);
    expect((await doctor(host)).of('base')).toEqual([
      expect.stringMatching(/^problem: none, is not what .*: that has 1 \(a \w{16}\) more$/),
    ]);
  });

  test('with other aliases and the same certificates to be the same', async () => {
    const [one, two] = await entriesOf('one', 'two');
    writeFileSync(base(), writePkcs12([one!, two!]));
    await (await host.running(env())).stop();
    writeFileSync(base(), writePkcs12([{ ...two!, alias: 'zwei' }, one!]));
    expect((await doctor(host, env())).of('base')).toEqual([`ok: ${base()}, 2 CAs`]);
  });

  test('of which one entry is kept out to be the same', async () => {
    const [one, two] = await entriesOf('one', 'two');
    writeFileSync(base(), writePkcs12([one!, two!]));
    await (await host.running(env())).stop();
    const quarantine = [{ alias: 'base/two', fingerprint: fingerprintOf(two!.der), jdkVersion: '17' }];
    writeFileSync(join(host.directory, 'state/quarantine.json'), JSON.stringify(quarantine));
    await (await host.running(env())).stop();
    expect(readKeystore(readFileSync(host.truststore)).entries.map(({ alias }) => alias)).not.toContain('base/two');
    expect((await doctor(host, env())).of('base')).toEqual([`ok: ${base()}, 2 CAs`]);
  });

  test('that cannot be compared, for the truststore does not open', async () => {
    writeFileSync(base(), writePkcs12(await entriesOf('one')));
    await (await host.running(env())).stop();
    writeFileSync(host.truststore, 'a file of somebody else');
    expect((await doctor(host, env())).of('base')).toEqual([
      `notice: ${base()}, 1 CAs, cannot be compared with the truststore`,
    ]);
  });
});
