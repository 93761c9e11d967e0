#!/usr/bin/env node
import { problemInDescriptors } from './check-descriptors.js';

const EXIT_CONFIG = 78;

async function start(): Promise<void> {
  const problem = problemInDescriptors();
  if (problem === null) {
    // Loaded now: with too few descriptors Node's loader would fail, with its stack.
    const { main } = await import('./cli/main.js');
    // A reader that has seen enough, such as head, ends the command. `run` was to go on: its service manager starts it again.
    process.stdout.on('error', () => process.exit(process.argv[2] === 'run' ? 1 : 0));
    process.exitCode = await main(process.argv.slice(2));
  } else {
    process.stderr.write(`trustcast-agent: ${problem}\n`);
    process.exitCode = EXIT_CONFIG;
  }
  // Sockets of a command that failed half-way must not keep the process.
  process.exit();
}

// A single executable is one script, which cannot wait at its top level.
void start();
