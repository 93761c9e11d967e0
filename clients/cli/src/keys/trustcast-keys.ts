#!/usr/bin/env node
import { main } from './command-line.js';

async function start(): Promise<void> {
  process.stdout.on('error', () => process.exit(0));
  process.exitCode = await main(
    process.argv.slice(2),
    (text) => void process.stdout.write(`${text}\n`),
    (text) => void process.stderr.write(`${text}\n`),
  );
}

// A single executable is one script, which cannot wait at its top level.
void start();
