#!/usr/bin/env node
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Writes the SDL of the service to schema/schema.graphql; `--check` fails instead when it differs. */
const file = fileURLToPath(new URL('../schema/schema.graphql', import.meta.url));
const service = fileURLToPath(new URL('../services/certificates/dist/bundle/main.js', import.meta.url));
const sdl = execFileSync(process.execPath, [service, 'print-sdl'], { encoding: 'utf8' });
if (!process.argv.includes('--check')) writeFileSync(file, sdl);
else if (readFileSync(file, 'utf8') !== sdl) {
  process.stderr.write('schema/schema.graphql differs from the service: node dev/sdl.mjs\n');
  process.exitCode = 1;
}
