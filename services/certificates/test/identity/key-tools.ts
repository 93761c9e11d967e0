import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Harness } from '../support/harness.js';
import { runMain } from '../support/service-process.js';

const SCRIPT = fileURLToPath(new URL('../../../../../clients/cli/dist/bundle/trustcast-keys.js', import.meta.url));

/** `trustcast-keys` and `main.js`, as people run them, on the files of a harness. */
export function keyTools(harness: Harness) {
  const here = (name: string) => join(harness.folder, name);
  const file = () => here('keys.json');
  const rootKeys = (roots: readonly number[]) => roots.flatMap((root) => ['--root-key', here(`root-${root}.pem`)]);
  const keys = (command: string, ...args: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) =>
      execFile(process.execPath, [SCRIPT, command, file(), ...args], (error, out, err) =>
        error ? reject(new Error(err)) : resolve(out),
      ),
    );
  const main = async (...args: readonly string[]): Promise<string> => {
    const { code, output } = await runMain(args, harness.environmentVariables);
    if (code !== 0) throw new Error(`${args[0]} ended with ${code}: ${output}`);
    return output;
  };
  return {
    here,
    file,
    rootKeys,
    keys,
    main,
    sign: (...roots: readonly number[]) => keys('sign', ...rootKeys(roots)),
    publish: () => main('publish-keys', file()),
    /** What hosts pin. */
    pin: async () => (JSON.parse(await keys('show', '--json')) as { pin: string }).pin,
    /** A root of keys that are made, of which `threshold` sign, and a list with the first signing key; not signed yet. */
    init: async (roots: readonly number[], threshold: number) => {
      const { rows } = await harness.sql.query<{ id: string }>('SELECT id FROM installation');
      await keys('init', '--installation', rows[0]?.id ?? '', ...rootKeys(roots), '--threshold', String(threshold));
      await keys('add', '--key', here('key.pem'));
    },
  };
}
