#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { report, root, trackedFiles } from './tracked-files.mjs';

/** Every relative link in a Markdown file leads to a file of the repository and, with `#`, to a heading of it. */
const files = trackedFiles(/\.md$/).filter((path) => existsSync(join(root, path)));

/** Markdown without its code, in which brackets are no links. @param {string} text */
function prose(text) {
  return text.replace(/^(```+|~~~+)[^]*?^\1\s*$/gm, '').replace(/(`+)[^`][^]*?\1/g, '');
}

/** The ids that GitHub gives to the headings. @param {string} text */
function anchors(text) {
  /** @type {Map<string, number>} */
  const seen = new Map();
  const headings = text.replace(/^(```+|~~~+)[^]*?^\1\s*$/gm, '').matchAll(/^#{1,6} +(.+?)\s*$/gm);
  return new Set(
    [...headings].map(([, heading = '']) => {
      const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
      const slug = plain.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-');
      const times = seen.get(slug) ?? 0;
      seen.set(slug, times + 1);
      return times === 0 ? slug : `${slug}-${times}`;
    }),
  );
}

const problems = [];
let links = 0;
for (const file of files) {
  const text = prose(readFileSync(join(root, file), 'utf8'));
  for (const [, target = ''] of text.matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)/g)) {
    if (/^[a-z]+:/i.test(target)) continue;
    links++;
    const [path = '', anchor] = target.split('#', 2);
    const named = path === '' ? file : normalize(join(dirname(file), decodeURIComponent(path)));
    if (named.startsWith('..') || !existsSync(join(root, named))) problems.push(`${file}: no file ${target}`);
    else if (anchor !== undefined && !anchors(readFileSync(join(root, named), 'utf8')).has(anchor))
      problems.push(`${file}: no heading ${target}`);
  }
}
if (links === 0) problems.push('no link was found: the search for links is broken');
report('links', problems);
