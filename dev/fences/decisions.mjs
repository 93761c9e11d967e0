#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { report, root, trackedFiles } from './tracked-files.mjs';

/** Each decision in docs/adr has a number of its own, date and status on top, and says what was rejected. */
const STATUS = /^Date: \d{4}-\d\d-\d\d\. Status: (proposed|accepted|rejected|superseded)\b/;

/** @type {Map<string, string>} */
const numbers = new Map();
const problems = [];
for (const path of trackedFiles(/^docs\/adr\/.*\.md$/)) {
  const [, number = ''] = /^docs\/adr\/(\d{4})-[a-z0-9-]+\.md$/.exec(path) ?? [];
  const text = readFileSync(join(root, path), 'utf8');
  const [title = '', , status = ''] = text.split('\n');
  const other = numbers.get(number);
  if (number === '') problems.push(`${path} is not named as 0042-what-it-decides.md`);
  else if (other) problems.push(`${path} has the number of ${other}`);
  else numbers.set(number, path);
  if (!title.startsWith(`# ${Number(number)}. `)) problems.push(`${path} does not begin with "# ${Number(number)}. "`);
  if (!STATUS.test(status)) problems.push(`${path}: the third line is "Date: 2026-11-28. Status: accepted."`);
  if (!/^## Rejected$/m.test(text)) problems.push(`${path} has no section "Rejected"`);
}
if (numbers.size === 0) problems.push('no decision was found');
report('decisions', problems);
