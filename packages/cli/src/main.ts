#!/usr/bin/env node
import { main } from './command-line.js';
import { environment } from './config.js';

// A reader that has seen enough, such as head, ends the command.
process.stdout.on('error', () => process.exit(0));
const { stdin, stdout, stderr } = process;
process.exitCode = await main(process.argv.slice(2), { environment: environment(), stdin, stdout, stderr });
