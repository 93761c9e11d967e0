import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { testClasses } from '../java-process.js';
import { type Jdk, jdkTool } from '../jdks.js';
import type { World } from '../world.js';

/** Packs the jar of another vendor's agent; answers its path. */
export function secondAgent(jdk: Jdk, world: World): string {
  const manifest = world.path('second.mf');
  const entries = ['Premain-Class', 'Agent-Class'].map((name) => `${name}: io.trustcast.jvm.test.SecondAgent\n`);
  writeFileSync(manifest, `${entries.join('')}Can-Retransform-Classes: true\n`);
  const jar = world.path(`second-${jdk.major}.jar`);
  execFileSync(jdkTool('jar'), ['cfm', jar, manifest, '-C', testClasses, 'io/trustcast/jvm/test']);
  return jar;
}
