import { X509Certificate, generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createLog } from '@trustcast/config';
import { PRIVATE_KEY_PEM, makeCertificate } from '../support/make-certificate.js';
import { Problems } from '../../src/platform/problems/problems.js';
import { ServerTls } from '../../src/platform/tls/server-tls.js';

const folder = mkdtempSync(join(tmpdir(), 'trustcast-server-tls-'));
const files = { certificateFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
const good = makeCertificate('service', { days: 30, ca: false }).pem;
const otherKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const encrypted = otherKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' });
const write = (cert: string, key: string | Buffer = PRIVATE_KEY_PEM) => {
  writeFileSync(files.certificateFile, cert);
  writeFileSync(files.keyFile, key, { mode: 0o640 });
  chmodSync(files.keyFile, 0o640);
};
beforeEach(() => write(good));
afterAll(() => rmSync(folder, { recursive: true }));

const BAD: [string, RegExp, () => void][] = [
  ['no certificate', /must begin with a certificate in PEM/, () => write('x')],
  ['a key first', /must begin with a certificate in PEM/, () => write(PRIVATE_KEY_PEM)],
  ['no key', /must hold a private key in PEM/, () => write(good, 'x')],
  ['a key with a password', /without a password/, () => write(good, encrypted)],
  ['another key', /is of another key/, () => write(good, otherKey.export({ format: 'pem', type: 'pkcs8' }))],
  ['a key that everybody may read', /chmod o=/, () => chmodSync(files.keyFile, 0o644)],
  ['no file', /cannot be used \(ENOENT .*TRUSTCAST_TLS_CERTIFICATE_FILE/, () => rmSync(files.certificateFile)],
];

test.each(BAD)('%s: the service does not start', async (_what, problem, make) => {
  make();
  await expect(ServerTls.open(files)).rejects.toThrow(problem);
});

describe('files that change while it runs', () => {
  const start = async () => {
    const lines: string[] = [];
    const log = createLog('info', { write: (line) => void lines.push(line) });
    const problems = new Problems(log);
    const tls = await ServerTls.open(files);
    const look = async (times = 1) => {
      for (let time = 0; time < times; time += 1) await tls.look(problems, log);
    };
    return { tls, problems, lines, look };
  };

  test('are taken: the certificate, when it ends, and one line of the log', async () => {
    const { tls, lines, look } = await start();
    const pem = makeCertificate('service', { days: 90, ca: false }).pem;
    write(pem);
    await look(3);
    expect(tls.options.cert).toBe(pem);
    expect(tls.expiresAt).toBe(Date.parse(new X509Certificate(pem).validTo));
    expect(tls.reloads).toEqual({ loaded: 1, refused: 0 });
    expect(lines).toEqual([expect.stringMatching(/the TLS certificate was replaced/)]);
  });

  const expired: (typeof BAD)[number] = [
    'one that has expired',
    /has expired/,
    () => write(makeCertificate('service', { days: -1, ca: false }).pem),
  ];
  test.each([...BAD, expired])(
    '%s: the one before stays, which is said once, and over when it is',
    async (...given) => {
      const [, problem, make] = given;
      const { tls, problems, lines, look } = await start();
      make();
      await look(4);
      expect(tls.options.cert).toBe(good);
      expect(tls.reloads).toEqual({ loaded: 0, refused: 1 });
      expect(problems.current).toEqual([
        { code: 'TLS_FILES_UNUSABLE', cause: expect.stringMatching(problem) as unknown },
      ]);
      expect(lines).toHaveLength(1);
      expect(lines.join()).not.toContain('PRIVATE');
      write(good);
      await look();
      expect(problems.current).toEqual([]);
    },
  );

  test('one after the other are no problem', async () => {
    const { tls, problems, look } = await start();
    writeFileSync(files.keyFile, otherKey.export({ format: 'pem', type: 'pkcs8' }));
    await look();
    write(good);
    await look();
    expect(problems.current).toEqual([]);
    expect(tls.reloads).toEqual({ loaded: 0, refused: 0 });
  });
});
