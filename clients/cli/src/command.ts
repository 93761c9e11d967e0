import type { Service } from './service/service.js';
import type { SignIn } from './sign-in/sign-in.js';

/** sysexits.h where it has a name for it. */
export const EXIT = { ok: 0, notOk: 1, wouldChange: 2, notLive: 3, usage: 64, config: 78 } as const;

/** An option of a command; `value` names what follows it, none: nothing does. */
export interface Option {
  readonly value?: string;
  readonly multiple?: boolean;
  readonly says: string;
}

export interface Call {
  readonly service: Service;
  readonly signIn: SignIn;
  readonly words: readonly string[];
  readonly options: Given;
  readonly json: boolean;
  /** What was asked for, to the standard output. */
  readonly out: (text: string) => void;
  /** Writes bytes to the standard output. */
  readonly write: (bytes: Uint8Array) => void;
  /** Writes a notice to the standard error. */
  readonly notify: (text: string) => void;
  /** Reads the whole standard input as text. */
  readonly readInput: () => Promise<string>;
  /** Whether the standard error is a terminal. */
  readonly terminal: boolean;
}

/** One command of `trustcast`. */
export interface Command {
  readonly name: string;
  /** What follows the name, as `--help` shows it; empty: nothing may. */
  readonly words: string;
  /** How many words there may be. */
  readonly wordCount: readonly [least: number, most: number];
  readonly summary: string;
  readonly help: string;
  readonly options: Readonly<Record<string, Option>>;
  /** Who runs it need not have signed in. */
  readonly withoutToken?: boolean;
  /** Exit codes that only this command has, and what they mean. */
  readonly exits?: Readonly<Record<number, string>>;
  /** @returns the exit code */
  readonly run: (call: Call) => Promise<number>;
}

/** The options of a command line. */
export class Given {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  all(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? (value as string[]) : [];
  }
}
