import { execFileSync } from 'node:child_process';

/** Runs a program of the system and returns what it printed. */
export function command(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
