import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, mkdtempSync, rmSync, statSync, writeSync, openSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { pasted } from '../support/mutations.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const MB = 1024 * 1024;
const CREATE = `mutation ($input: CreateCertificateInput!) {
  createCertificate(input: $input) { certificate { id } userErrors { code } } }`;

/** Where the audit is stored: on a disk of its own that can be filled. Each change needs room there. */
interface SmallDisk {
  fill(): void;
  free(): void;
}

async function moveAuditToSmallDisk(): Promise<SmallDisk> {
  const { rows } = await harness.sql.query<{ folder: string }>(`SELECT current_setting('data_directory') AS folder`);
  const { uid, gid } = statSync(rows[0]!.folder);
  const folder = mkdtempSync(join(tmpdir(), 'trustcast-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=4m,mode=700,uid=${uid},gid=${gid}`, 'tmpfs', folder]);
  const space = `small_${randomBytes(4).toString('hex')}`;
  harness.onStop(async () => {
    await harness.sql.query('ALTER TABLE audit SET TABLESPACE pg_default');
    await harness.sql.query(`DROP TABLESPACE ${space}`);
    execFileSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  });
  chownSync(folder, uid, gid);
  await harness.sql.query(`CREATE TABLESPACE ${space} LOCATION '${folder}'`);
  await harness.sql.query(`ALTER TABLE audit SET TABLESPACE ${space}`);
  const filler = join(folder, 'filler');
  return {
    fill: () => {
      const file = openSync(filler, 'w');
      try {
        for (let bytes = MB; bytes >= 1_024;)
          try {
            writeSync(file, Buffer.alloc(bytes, 1));
          } catch {
            bytes /= 2;
          }
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(filler),
  };
}

let serial = 0;
const create = () => {
  const name = `disk-${++serial}`;
  const definitions = [pasted(['apimanager'], name, makeCertificate(name).pem)];
  return service.graphql(CREATE, { input: { name, definitions } });
};
const linesWith = (text: string) =>
  service
    .output()
    .split('\n')
    .filter((line) => line.includes(text));
const ready = async () => {
  const answer = await fetch(`${service.url}/readyz`);
  return { status: answer.status, text: await answer.text() };
};

test('while the disk of PostgreSQL is full reads go on, writes are refused as retryable, one line says so, and it recovers by itself', async () => {
  expect((await create()).errors).toBeUndefined();
  const disk = await moveAuditToSmallDisk();
  expect((await create()).errors).toBeUndefined();
  disk.fill();
  // What PostgreSQL has in its last page there is used up first.
  await until(create, ({ errors }) => errors !== undefined);
  for (let change = 0; change < 20; change += 1)
    expect((await create()).errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE', retryable: true } }]);
  const { certificates } = await service.query<{ certificates: { totalCount: number } }>(
    '{ certificates { totalCount } }',
  );
  expect(certificates.totalCount).toBeGreaterThanOrEqual(2);
  expect(await ready()).toMatchObject({ status: 200, text: expect.stringContaining('DATABASE_FULL') });
  const told = linesWith('the database cannot store anything');
  expect(told).toHaveLength(1);
  expect(JSON.parse(told[0]!)).toMatchObject({
    code: 'DATABASE_FULL',
    cause: expect.stringContaining('No space left'),
  });
  expect(service.output()).not.toMatch(/^\s+at |"stack"/m);

  disk.free();
  await until(create, ({ errors }) => errors === undefined);
  const again = await service.query<{ certificates: { totalCount: number } }>('{ certificates { totalCount } }');
  expect(again.certificates.totalCount).toBe(certificates.totalCount + 1);
  await until(
    () => Promise.resolve(linesWith('the database stores again')),
    (lines) => lines.length === 1,
    { timeoutMs: 40_000 },
  );
  expect((await ready()).text).not.toContain('DATABASE_FULL');
  expect(linesWith('the database cannot store anything')).toHaveLength(1);
}, 90_000);
