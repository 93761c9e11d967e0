#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { report, root, trackedFiles } from './tracked-files.mjs';

/**
 * A test that a document names is there: files by the end of their path, without the suffix where it is left out, and in
 * SECURITY.md titles as well, which are its quotations of five words and more. An ellipsis stands for a value in a title.
 */
const FILE = /^[\w./-]+\.(?:int|jvm|e2e|test)(?:\.test)?(?:\.ts)?$/;
/** Names that look like one of a file and are a package. */
const OTHER = ['io.trustcast.jvm'];

const files = trackedFiles(/\.test\.m?[jt]s$/);
const problems = [];
let named = 0;
for (const document of trackedFiles(/\.md$/)) {
  if (document === 'CHANGELOG.md' || document.startsWith('docs/adr/')) continue;
  const text = readFileSync(join(root, document), 'utf8').replace(/\s+/g, ' ');
  for (const [, name = ''] of text.matchAll(/`([^`]+)`/g)) {
    if (!FILE.test(name) || OTHER.includes(name)) continue;
    named++;
    const found = files.filter((path) => `/${path}`.endsWith(`/${name.replace(/(?:\.test)?(?:\.ts)?$/, '')}.test.ts`));
    if (found.length !== 1)
      problems.push(
        `${document} names ${name}, ${found.length === 0 ? 'which is no test' : `which may be ${found.join(', ')}`}`,
      );
  }
}

const sources = files.map((path) => readFileSync(join(root, path), 'utf8').replace(/\\(?=['"])/g, ''));
const security = readFileSync(join(root, 'SECURITY.md'), 'utf8').replace(/\s+/g, ' ');
let titles = 0;
for (const [, title = ''] of security.matchAll(/"([^"]+)"/g)) {
  const words = title.split(' ');
  if (words.length < 5) continue;
  titles++;
  // Of a test, or of a group and a test in it.
  const divided = words.map((_, at) => [words.slice(0, at).join(' '), words.slice(at).join(' ')]);
  const said = divided.some((parts) => sources.some((source) => parts.every((part) => isTitle(part, source))));
  if (!said) problems.push(`SECURITY.md quotes "${title}", and no test has this title`);
}
if (named < 50 || titles < 5)
  problems.push(`only ${named} files and ${titles} titles were found: the search is broken`);
report('named tests', problems);

/** @param {string} text @param {string} source */
function isTitle(text, source) {
  if (text === '') return true;
  const [first = '', ...rest] = text.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`['"\`]${[first, ...rest].join('[^\n]{1,40}')}['"\`],`).test(source);
}
