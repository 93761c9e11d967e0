import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const SOME_LIBRARY = ['/lib/x86_64-linux-gnu', '/lib/aarch64-linux-gnu', '/lib64', '/usr/lib64']
  .map((folder) => join(folder, 'libdl.so.2'))
  .find((path) => existsSync(path));

/** Makes something by the name of a JVM's library, which any process may load, where the JDK's home would be `folder`. */
export function makeLibrary(folder: string): string {
  const library = join(folder, 'lib/server/libjvm.so');
  mkdirSync(join(folder, 'lib/server'), { recursive: true });
  copyFileSync(SOME_LIBRARY!, library);
  return library;
}
