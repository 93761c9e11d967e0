#!/usr/bin/env node
import { main } from './cli/main.js';

process.exitCode = await main(process.argv.slice(2));
// Sockets of a command that failed half-way must not keep the process.
process.exit();
