import { spawnSync } from 'node:child_process';
import { SetupError } from '../setup/setup-error.mjs';

/**
 * The time that is written into artefacts: SOURCE_DATE_EPOCH (reproducible-builds.org), or that of the commit.
 * @param {string | undefined} sourceDate @param {string} root
 * @throws {SetupError} exit code 78
 */
export function dateOf(sourceDate, root) {
  if (sourceDate !== undefined && !/^\d{1,10}$/.test(sourceDate))
    throw new SetupError('SOURCE_DATE_EPOCH must be seconds since 1970.');
  const { stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' });
  const seconds = sourceDate ?? stdout?.trim() ?? '';
  if (seconds === '') throw new SetupError('This is no git checkout: set SOURCE_DATE_EPOCH to seconds since 1970.');
  return new Date(Number(seconds) * 1_000);
}
