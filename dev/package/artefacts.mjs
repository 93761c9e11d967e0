import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { lastLines, runCommand } from '../setup/run-command.mjs';
import { SetupError } from '../setup/setup-error.mjs';
import { makeDebs } from './deb.mjs';
import { writeManifest } from './manifest.mjs';
import { notices } from './packages-of.mjs';
import { executableOf, serviceFiles } from './program-files.mjs';
import { makeRpms } from './rpm.mjs';
import { sbom } from './sbom.mjs';
import { tarGz } from './tar.mjs';

/** @typedef {import('./program-files.mjs').Context} Context */
/** @typedef {{ says: string, make: (context: Context) => Promise<string[]> }} Artefact */

/** What a release consists of. Each is made of what the build wrote, and names the files that it has written. */
/** @type {Readonly<Record<string, Artefact>>} */
export const ARTEFACTS = {
  jar: { says: 'the JVM agent alone', make: jar },
  agent: {
    says: 'trustcast-agent, one executable with the jar inside',
    make: (of) => executable(of, 'trustcast-agent'),
  },
  cli: {
    says: 'trustcast, one executable; as trustcast-keys it is that command',
    make: (of) => executable(of, 'trustcast'),
  },
  service: { says: 'the service with its libraries, for Node.js 20.19 or later', make: service },
  deb: { says: 'packages for dpkg: trustcast-agent, trustcast-service, trustcast', make: (of) => makeDebs(of) },
  rpm: { says: 'the same packages for rpm; needs Go or nfpm', make: makeRpms },
  libraries: { says: 'tarballs of @trustcast/keystore and @trustcast/x509', make: libraries },
};

/**
 * @param {Omit<Context, 'version'> & { kinds: readonly string[], progress: import('../setup/progress.mjs').Progress }} options
 */
export async function makeArtefacts({ kinds, progress, ...rest }) {
  const { version } = JSON.parse(readFileSync(join(rest.root, 'package.json'), 'utf8'));
  const context = { ...rest, version };
  /** @type {string[]} */
  const files = [];
  for (const kind of kinds)
    files.push(
      ...(await progress.step(
        kind,
        async () => (await ARTEFACTS[kind]?.make(context)) ?? [],
        (written) => written.join(', '),
      )),
    );
  await progress.step(
    'manifest',
    async () => writeManifest(context, files),
    (written) => written.join(', '),
  );
}

/** @param {Context} context */
async function jar({ root, out, version }) {
  const name = `trustcast-jvm-${version}.jar`;
  copyFileSync(join(root, 'agents/jvm/dist/trustcast-jvm.jar'), join(out, name));
  return [name];
}

/** @param {Context} context @param {keyof typeof import('./executable.mjs').EXECUTABLES} program */
async function executable(context, program) {
  const { out, version, node } = context;
  const { path, packages } = await executableOf(context, program);
  const name = `${program}-${version}-linux-${node.architecture.node}`;
  const temporary = join(out, `.${name}`);
  copyFileSync(path, temporary);
  chmodSync(temporary, 0o755);
  // One that runs is replaced, and not written over.
  renameSync(temporary, join(out, name));
  const parts = [nodePart(node), ...(program === 'trustcast-agent' ? [jarPart(context)] : [])];
  return [name, ...describe(context, program, packages, parts)];
}

/** @param {Context} context */
async function service(context) {
  const { out, version, date } = context;
  const { entries, packages } = serviceFiles(context);
  const name = `trustcast-service-${version}.tar.gz`;
  const folder = basename(name, '.tar.gz');
  writeFileSync(
    join(out, name),
    await tarGz(
      entries.map((entry) => ({ ...entry, name: `${folder}/${entry.name}` })),
      date,
    ),
  );
  return [name, ...describe(context, 'trustcast-service', packages, [])];
}

/** @param {Context} context */
async function libraries({ root, out }) {
  const { code, stdout, output } = await runCommand(process.execPath, [join(root, 'dev/pack.mjs'), out], { cwd: root });
  if (code !== 0) throw new SetupError(`dev/pack.mjs failed:\n${lastLines(output)}`, { exitCode: 1 });
  return stdout.trim().split('\n');
}

/**
 * Writes the SBOM of a program and the licences of what is in it.
 * @param {Context} context
 * @param {string} name
 * @param {readonly import('./packages-of.mjs').Component[]} packages
 * @param {Parameters<typeof sbom>[0]['parts']} parts
 */
function describe({ out, version, date }, name, packages, parts) {
  const document = sbom({ name, version, date, packages, parts });
  const [bom, licenses] = [`${name}-${version}.cdx.json`, `${name}-${version}.licenses.txt`];
  writeFileSync(join(out, bom), `${JSON.stringify(document, null, 2)}\n`);
  writeFileSync(join(out, licenses), notices(packages));
  return [bom, licenses];
}

/** @param {import('./node-binary.mjs').NodeBinary} node */
function nodePart({ version, bytes }) {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { type: 'platform', name: 'node', version, purl: `pkg:generic/node@${version}`, sha256 };
}

/** @param {Context} context */
function jarPart({ root, version }) {
  const bytes = readFileSync(join(root, 'agents/jvm/dist/trustcast-jvm.jar'));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { type: 'file', name: 'trustcast-jvm.jar', version, purl: `pkg:generic/trustcast-jvm@${version}`, sha256 };
}
