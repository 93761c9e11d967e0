import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines, runCommand } from './run-command.mjs';
import { EXIT_CONFIG, SetupError } from './setup-error.mjs';

/**
 * Compiles and bundles the workspaces, and compiles the JVM agent. Nothing is written when everything is up to date.
 * @param {{ root: string, at?: (what: string) => void }} options root: the repository; at: told what is done next
 * @throws {SetupError} exit code 1, or 78 when the JVM agent's build lacks a JDK; with the compiler's last lines
 */
export async function build({ root, at = () => undefined }) {
  at('compiling the workspaces (tsc -b)');
  await compile('tsc -b', root, ['node_modules/typescript/bin/tsc', '-b']);
  at('bundling the programs');
  await compile('The bundler', root, ['dev/bundle.mjs']);
  at('building the JVM agent');
  await compile('The build of the JVM agent', root, ['agents/jvm/build.mjs']);
}

/** @param {string} name @param {string} root @param {string[]} args */
async function compile(name, root, [script = '', ...args]) {
  if (!existsSync(join(root, script)))
    throw new SetupError(`${name} cannot run: ${script} is missing.`, { exitCode: 1 });
  const { code, signal, output } = await runCommand(process.execPath, [join(root, script), ...args], { cwd: root });
  if (code === 0) return;
  const end = signal ? `was ended by ${signal}` : `failed with exit code ${code}`;
  throw new SetupError(`${name} ${end}. Its last lines:\n${lastLines(output, 30)}`, {
    exitCode: code === EXIT_CONFIG ? EXIT_CONFIG : 1,
  });
}
