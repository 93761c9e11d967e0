import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lastLines, runCommand } from '../setup/run-command.mjs';
import { SetupError } from '../setup/setup-error.mjs';
import { LINUX_PACKAGES } from './linux-packages.mjs';

/** Writes packages for rpm; a module of Go. */
const NFPM = 'github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2';
/** What nfpm calls each script, and when it does what the script is for: rpm passes how many versions are left. */
const SCRIPTS = {
  'after-install': { name: 'postinstall', when: 'before=\n[ "$1" -lt 2 ] || before=another\n' },
  'before-remove': { name: 'preremove', when: '[ "$1" = 0 ] || exit 0\n' },
};

/**
 * The command that writes packages for rpm.
 * @param {readonly string[]} path folders of PATH
 * @returns {string[]}
 * @throws {SetupError} exit code 78
 */
export function findNfpm(path) {
  const find = (/** @type {string} */ name) =>
    path.map((folder) => join(folder, name)).find((file) => existsSync(file));
  const [nfpm, go] = [find('nfpm'), find('go')];
  if (nfpm !== undefined) return [nfpm];
  if (go !== undefined) return [go, 'run', NFPM];
  throw new SetupError(`rpm packages need Go or nfpm on PATH (${NFPM}); install one, or leave rpm out of --only.`);
}

/**
 * Writes the packages for rpm. rpm knows no purge: what is left after an erasure is for the operator to delete.
 * @param {import('./program-files.mjs').Context} context
 */
export async function makeRpms(context) {
  const { out, work, version, node } = context;
  const [program = '', ...args] = findNfpm(context.path);
  const written = [];
  for (const [name, make] of Object.entries(LINUX_PACKAGES)) {
    const stage = join(work, `rpm-${name}`);
    writeStaged(stage, 'plan.json', JSON.stringify(planOf(context, name, await make(context), stage)));
    const file = `${name}-${version}-1.${node.architecture.rpm}.rpm`;
    const words = ['package', '--config', join(stage, 'plan.json'), '--packager', 'rpm', '--target', join(out, file)];
    const { code, output } = await runCommand(program, [...args, ...words]);
    if (code !== 0) throw new SetupError(`nfpm failed:\n${lastLines(output)}`, { exitCode: 1 });
    written.push(file);
  }
  return written;
}

/**
 * The configuration of nfpm, with what it names written to the stage.
 * @param {import('./program-files.mjs').Context} context @param {string} name
 * @param {import('./linux-packages.mjs').LinuxPackage} made @param {string} stage
 */
function planOf({ version, date, node }, name, { summary, description, entries, configs, scripts }, stage) {
  const contents = entries.map(({ name: path, content, link, mode }) => {
    const info = { owner: 'root', group: 'root', mtime: date.toISOString() };
    if (link !== undefined) return { src: link, dst: `/${path}`, type: 'symlink', file_info: info };
    if (content === undefined) return { dst: `/${path}`, type: 'dir', file_info: { ...info, mode: mode ?? 0o755 } };
    const src = writeStaged(stage, path, content);
    const type = configs.includes(path) ? { type: 'config|noreplace' } : {};
    return { src, dst: `/${path}`, ...type, file_info: { ...info, mode: mode ?? 0o644 } };
  });
  return {
    name,
    version,
    release: '1',
    arch: node.architecture.deb,
    platform: 'linux',
    maintainer: 'Trustcast <trustcast@localhost>',
    description,
    license: 'Apache-2.0',
    mtime: date.toISOString(),
    depends: ['glibc >= 2.28', 'libstdc++', 'libgcc'],
    contents,
    scripts: Object.fromEntries(
      Object.entries(SCRIPTS).flatMap(([script, { name: called, when }]) => {
        const body = scripts[/** @type {keyof typeof SCRIPTS} */ (script)];
        return body === undefined
          ? []
          : [
              [
                called,
                writeStaged(
                  stage,
                  `scripts/${called}`,
                  `${when}${script === 'before-remove' ? disable(name) : ''}${body}`,
                ),
              ],
            ];
      }),
    ),
    rpm: { summary, compression: 'gzip', buildhost: 'trustcast' },
  };
}

/** There is no purge that would. @param {string} name */
function disable(name) {
  return `! command -v systemctl >/dev/null || systemctl --quiet disable ${name}.path ${name}.service 2>/dev/null || true\n`;
}

/** @param {string} stage @param {string} path @param {Buffer | string} content @returns {string} where it is */
function writeStaged(stage, path, content) {
  const file = join(stage, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}
