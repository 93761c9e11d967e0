import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The same package with an earlier version, and another standard in its configuration. @param work a folder for it @returns its path */
export async function earlier(name: string, deb: string, work: string): Promise<string> {
  const folder = join(work, `earlier-${name}`);
  await run('dpkg-deb', ['--raw-extract', deb, folder]);
  const control = join(folder, 'DEBIAN/control');
  writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*$/m, 'Version: 0.0.9'));
  const settings = join(folder, `etc/trustcast/${name.replace('trustcast-', '')}.env`);
  if (existsSync(settings)) writeFileSync(settings, '# of 0.0.9\n');
  const path = join(work, `${name}_0.0.9.deb`);
  await run('dpkg-deb', ['--root-owner-group', '-Znone', '--build', folder, path]);
  return path;
}
