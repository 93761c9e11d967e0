import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const sources = fileURLToPath(new URL('../../src/main/java/io/trustcast/jvm/impl/', import.meta.url));

/** Packages of the implementation; each may use those before it. */
const ORDER = ['platform', 'patch', 'session', 'truststore', 'trust', 'proof', 'status', ''];

test('the packages of the implementation use each other in one direction', () => {
  const upward: string[] = [];
  const found = new Set<string>();
  for (const path of readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.java'),
  )) {
    const own = path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
    found.add(own);
    for (const [, used = ''] of readFileSync(sources + path, 'utf8').matchAll(
      /^import io\.trustcast\.jvm\.impl\.(?:(\w+)\.)?[A-Z]/gm,
    ))
      if (ORDER.indexOf(used) > ORDER.indexOf(own)) upward.push(`${path} uses ${used}`);
  }
  expect(upward).toEqual([]);
  expect([...found].sort()).toEqual([...ORDER].sort());
});
