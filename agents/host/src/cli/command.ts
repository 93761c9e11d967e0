import type { Config, NeedsService, SETTINGS_OF, Setting } from '../config.js';

/** Output of a command. */
export interface Output {
  readonly out: (text: string) => void;
  readonly json: boolean;
}

/** A flag that is no setting, or carries a secret, which other commands take from the environment alone. */
export interface CommandFlag {
  readonly says: string;
  /** The setting that it sets; undefined for a flag without a value. */
  readonly sets?: Setting;
  /** True for a flag with a value that sets nothing. */
  readonly takesValue?: true;
}

/** Flags of a command as they were given: true for one without a value. */
export type FlagValues = Readonly<Partial<Record<string, string | boolean>>>;

/** One command of `trustcast-agent`. Resolves to the exit code. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Exit codes and arguments, for `--help`. */
  readonly help: string;
  readonly needsService: NeedsService;
  /** Settings that the command reads. */
  readonly reads: keyof typeof SETTINGS_OF;
  /** Arguments that the command takes; none by default. `--all` goes with aliases only. */
  readonly takes?: 'pids' | 'aliases';
  /** Flags of this command alone, with what they say. */
  readonly flags?: Readonly<Record<string, CommandFlag>>;
  readonly run: (
    config: Config,
    output: Output,
    words: readonly string[],
    options: { readonly all: boolean; readonly values: FlagValues },
  ) => Promise<number>;
}

/** Exit codes, from sysexits.h where it names one. */
export const EXIT = { ok: 0, notOk: 1, notRunning: 3, usage: 64, locked: 75, noPermission: 77, config: 78 } as const;
