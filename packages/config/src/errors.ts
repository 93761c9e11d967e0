import { TrustcastError } from '@trustcast/schema';

/** EX_CONFIG of sysexits.h: the exit code of every program whose settings cannot be used. */
export const EXIT_CONFIG = 78;

/** All problems of the settings, by name and rule. Values are never shown. */
export class ConfigError extends TrustcastError {
  constructor(readonly problems: readonly string[]) {
    super(
      'CONFIG_INVALID',
      problems.length === 1
        ? `the configuration is not usable: ${problems[0]}`
        : `the configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
  }
}
