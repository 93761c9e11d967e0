import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MARKER_ALIAS, fingerprintOf } from '@trustcast/schema';
import { entriesOf } from '../support/fixtures.js';
import { jdkHomes, jvmHomes, readAsJava } from '../support/jdk-homes.js';
import { reportsOf } from '../support/reports-of.js';
import { useHost, useJava } from '../support/use-host.js';

const [jdk = ''] = await jdkHomes();
const JVMS = await jvmHomes();
const host = useHost();
const java = useJava(host);
const reported = reportsOf(host);

describe.each(JVMS)('%s', (home) => {
  test('reads what the agent wrote: managed entries, marker and the base of its own', async () => {
    await host.running({ TRUSTCAST_BASE: `jvm:${home}` });
    const entries = await entriesOf('partner', 'türkçe ı', 'a.b-c_d');
    await host.service.deploy({ upserts: entries });
    const { base } = await host.service.written();
    const [seen] = await readAsJava(home, [host.truststore]);
    const [cacerts] = await readAsJava(home, [asPkcs12(home)]);
    expect(base).toBeGreaterThan(50);
    expect(seen!.size).toBe(base + 1 + entries.length);
    for (const { alias, der } of entries) expect(seen!.get(alias)).toBe(fingerprintOf(der));
    expect(seen!.has(MARKER_ALIAS)).toBe(true);
    for (const [alias, fingerprint] of cacerts!) expect(seen!.get(`base/${alias}`)).toBe(fingerprint);
  });
});

test('an entry that no JVM can load is kept out: reported, not LIVE, also after a restart, until it is replaced', async () => {
  const agent = await host.running();
  const jvm = await java(jdk, [host.javaagent]);
  const [good, replaced] = await entriesOf('good', 'Bad');
  const bad = { alias: 'Bad', der: Uint8Array.of(0x30, 3, 2, 1, 5) };
  await host.service.deploy({ upserts: [good!, bad] });
  const report = await reported(jvm, ({ reason }) => reason === 'QUARANTINED: Bad');
  expect(report).toMatchObject({ state: 'LOADED', at: { revision: 1 } });
  const status = await host.service.status(({ state }) => state === 'FAILED');
  expect(status).toMatchObject({ reason: 'QUARANTINED: Bad', managed: 1 });
  const seen = async () => [...(await readAsJava(jdk, [host.truststore]))[0]!.keys()].sort();
  expect(await seen()).toEqual(['good', MARKER_ALIAS]);

  agent.kill('SIGTERM');
  await agent.exited;
  await host.agent().line('connected');
  expect(await seen()).toEqual(['good', MARKER_ALIAS]);
  await host.service.deploy({ removals: ['Bad'], upserts: [replaced!] });
  await reported(jvm, ({ state, at }) => state === 'LIVE' && at?.revision === 2);
  expect(await seen()).toEqual(['bad', 'good', MARKER_ALIAS]);
  await host.service.written(2);
});

function asPkcs12(home: string): string {
  const file = join(host.home, 'cacerts.p12');
  if (existsSync(file)) return file;
  const source = join(home, 'lib/security/cacerts');
  execFileSync(
    join(home, 'bin/keytool'),
    [
      '-importkeystore',
      '-srckeystore',
      source,
      '-srcstorepass',
      'changeit',
      '-destkeystore',
      file,
      '-deststoretype',
      'PKCS12',
      '-deststorepass',
      'changeit',
      '-noprompt',
      '-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE',
      '-J-Dkeystore.pkcs12.macAlgorithm=NONE',
    ],
    { stdio: 'ignore' },
  );
  return file;
}
