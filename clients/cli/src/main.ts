#!/usr/bin/env node
import { problemInDescriptors } from './check-descriptors.js';

const EXIT_CONFIG = 78;

async function start(): Promise<void> {
  const problem = problemInDescriptors();
  if (problem === null) {
    // Loaded now: with too few descriptors Node's loader would fail, with its stack.
    const { main } = await import('./command-line.js');
    const { environment } = await import('./config.js');
    // A reader that has seen enough, such as head, ends the command.
    process.stdout.on('error', () => process.exit(0));
    process.stderr.on('error', () => undefined);
    const { stdin, stdout, stderr } = process;
    process.exitCode = await main(process.argv.slice(2), { environment: environment(), stdin, stdout, stderr });
  } else {
    process.stderr.write(`trustcast: ${problem}\n`);
    process.exitCode = EXIT_CONFIG;
  }
}

// A single executable is one script, which cannot wait at its top level.
void start();
