#!/usr/bin/env node
import { execFileSync } from 'node:child_process';
import { report, root } from './tracked-files.mjs';

/**
 * The subjects of the last commits have at most 72 characters and the form `type(scope): what`. What was written before the
 * rule is left alone, since merged commits are never rewritten. A shallow clone has fewer commits; each of them is checked.
 */
const COMMITS = 50;
const MAX_LENGTH = 72;
const RULE_SINCE = Date.parse('2026-11-28T23:25:00Z') / 1_000;
const TYPES = ['feat', 'fix', 'perf', 'refactor', 'docs', 'test', 'build', 'style', 'chore', 'revert'];

const log = execFileSync('git', ['log', '--no-merges', `--max-count=${COMMITS}`, '--format=%at %h %s'], {
  cwd: root,
  encoding: 'utf8',
});
const commits = log.split('\n').flatMap((line) => {
  const [, at, hash = '', subject = ''] = /^(\d+) (\S+) (.*)$/.exec(line) ?? [];
  return Number(at) >= RULE_SINCE ? [{ hash, subject }] : [];
});
const form = new RegExp(`^(${TYPES.join('|')})(\\([a-z0-9-]+\\))?!?: \\S`);
const problems = commits.flatMap(({ hash, subject }) => {
  const found = [];
  if (subject.length > MAX_LENGTH)
    found.push(`${hash} has ${subject.length} characters, more than ${MAX_LENGTH}: ${subject}`);
  if (!form.test(subject)) found.push(`${hash} does not begin with one of ${TYPES.join(', ')} and a colon: ${subject}`);
  return found;
});
report('commit subjects', problems);
