import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentJar } from './java-process.js';
import { jdkTool } from './jdks.js';
import type { World } from './world.js';

/** Puts the same agent under another version number at `path`, which it answers. */
export function release(world: World, version: string, path: string): string {
  const folder = world.path(`release-${version}`);
  mkdirSync(join(folder, 'io/trustcast/jvm'), { recursive: true });
  writeFileSync(join(folder, 'io/trustcast/jvm/version'), version);
  const copy = join(folder, 'agent.jar');
  copyFileSync(agentJar, copy);
  execFileSync(jdkTool('jar'), ['uf', copy, '-C', folder, 'io/trustcast/jvm/version']);
  renameSync(copy, path);
  return path;
}
