import type { Config, NeedsService, SETTINGS_OF } from '../config.js';

/** What a command prints to. */
export interface Output {
  readonly out: (text: string) => void;
  readonly json: boolean;
}

/** One command of `trustcast-agent`. Resolves to the exit code. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Exit codes and arguments, for `--help`. */
  readonly help: string;
  readonly needsService: NeedsService;
  /** The settings that it reads. */
  readonly reads: keyof typeof SETTINGS_OF;
  /** What may follow the name; without it nothing may. `--all` goes with aliases alone. */
  readonly takes?: 'pids' | 'aliases';
  readonly run: (
    config: Config,
    output: Output,
    words: readonly string[],
    options: { readonly all: boolean },
  ) => Promise<number>;
}

/** sysexits.h where it has a name for it. */
export const EXIT = { ok: 0, notOk: 1, notRunning: 3, usage: 64, locked: 75, noPermission: 77, config: 78 } as const;
