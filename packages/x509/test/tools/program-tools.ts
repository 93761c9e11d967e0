import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROVIDERS } from '@trustcast/keystore/test/java-providers.js';
import { findJdks } from '@trustcast/dev/setup/find-jdks.mjs';
import { mavenJar } from '@trustcast/dev/setup/maven-jar.mjs';
import { parseRecords } from './records.js';
import type { Workshop } from './workshop.js';

const PROGRAMS = fileURLToPath(new URL('../../../test/tools/programs/', import.meta.url));
const CRYPTOGRAPHY = 'cryptography==48.0.0';

/** Tools that are libraries: a program in the language of each uses them and prints its records. */
export const PROGRAM_TOOLS: Readonly<Record<string, (shop: Workshop) => Promise<void>>> = {
  'go-pkcs12 and keystore-go': async (shop) => {
    // A toolchain of its own is nothing that a test fetches.
    const go = ['run', '-C', join(PROGRAMS, 'go'), '.', shop.folder];
    await records(shop, 'go', go);
  },
  'python cryptography': async (shop) => {
    const packages = join(shop.folder, 'python');
    mkdirSync(packages);
    await shop.command('python3', ['-m', 'pip', 'install', '-q', '--no-cache-dir', '--target', packages, CRYPTOGRAPHY]);
    const start = `import sys, runpy; sys.path.insert(0, ${JSON.stringify(packages)}); sys.argv = sys.argv[1:]; `;
    const program = join(PROGRAMS, 'cryptography_tool.py');
    await records(shop, 'python3', [
      '-c',
      `${start}runpy.run_path(sys.argv[0], run_name="__main__")`,
      program,
      shop.folder,
    ]);
  },
  'node-forge': (shop) => records(shop, process.execPath, [join(PROGRAMS, 'forge.mjs'), shop.folder]),
  BouncyCastle: async (shop) => {
    const [jdk] = await findJdks();
    if (!jdk) throw new Error('no JDK found; set JAVA_HOME or JAVA_HOMES');
    const bouncy = PROVIDERS.find(({ name }) => name === 'BouncyCastle');
    if (!bouncy) throw new Error('BouncyCastle is none of the providers');
    const java = ['-cp', await mavenJar(bouncy.jar), join(PROGRAMS, 'Bouncy.java'), shop.folder];
    await records(shop, join(jdk.home, 'bin/java'), java);
  },
};

async function records(shop: Workshop, program: string, args: readonly string[]): Promise<void> {
  const printed = await shop.command(program, args);
  shop.records.push(...parseRecords(printed.replace(/^(?!version|wrote|failed|read|unread).*\n?/gm, '')));
}
