import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentJar, classes } from './java-process.js';
import { jdkTool } from './jdks.js';
import type { World } from './world.js';

/**
 * Puts the same agent under another version number at `path`, which it answers. Its state has other names for `unknown`, as
 * that of a release that did not have them.
 */
export function release(world: World, version: string, path: string, ...unknown: string[]): string {
  const folder = world.path(`release-${version}`);
  mkdirSync(join(folder, 'io/trustcast/jvm'), { recursive: true });
  writeFileSync(join(folder, 'io/trustcast/jvm/version'), version);
  let implementation = readFileSync(join(classes, 'io/trustcast/jvm/implementation'), 'latin1');
  for (const name of unknown) implementation = implementation.replaceAll(name, name.toUpperCase());
  writeFileSync(join(folder, 'io/trustcast/jvm/implementation'), implementation, 'latin1');
  const copy = join(folder, 'agent.jar');
  copyFileSync(agentJar, copy);
  execFileSync(jdkTool('jar'), ['uf', copy, '-C', folder, 'io/trustcast/jvm']);
  renameSync(copy, path);
  return path;
}
