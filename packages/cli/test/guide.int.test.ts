import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeCertificate } from '@trustcast/certificates-service/test/make-certificate.js';
import { useHarness, useService } from '@trustcast/certificates-service/test/use-harness.js';
import { loadConfig } from '../src/config.js';
import { Service } from '../src/service.js';
import { settingsFor } from './trustcast.js';

const GUIDE = fileURLToPath(new URL('../../../../docs/graphql.md', import.meta.url));
const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));

const harness = useHarness();
const service = useService(harness);

interface Example {
  readonly language: string;
  readonly text: string;
}

const examples: readonly Example[] = [...readFileSync(GUIDE, 'utf8').matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(
  ([, language = '', text = '']) => ({ language, text }),
);

/** Remembers ids and versions of what answers hold, under the names that the guide's variables have. */
function remember(value: unknown, known: Record<string, unknown>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    const one = (Array.isArray(member) ? member[0] : member) as { id?: string; version?: number } | null | undefined;
    if (one?.id !== undefined) known[`${name.replace(/s$/, '')}Id`] = one.id;
    if (/^certificates?$/.test(name) && one?.version !== undefined) known.version = one.version;
    if (['plan', 'expectedRevision', 'fingerprint'].includes(name)) known[name] = member;
    remember(member, known);
  }
}

function userErrorCodes(data: object): string[] {
  return Object.values(data).flatMap((payload: { userErrors?: { code: string }[] } | null) =>
    (payload?.userErrors ?? []).map(({ code }) => code),
  );
}

test('every example of the GraphQL guide does what the guide says', async () => {
  const client = new Service(loadConfig(settingsFor(service)));
  const { pem } = makeCertificate('Partner CA');
  const known: Record<string, unknown> = {
    pem,
    truststore: Buffer.from(makeCertificate('Old CA').pem).toString('base64'),
    get export() {
      return readFileSync(join(harness.folder, 'export.zip'), 'base64');
    },
  };
  writeFileSync(join(harness.folder, 'partner-ca.pem'), pem);
  writeFileSync(join(harness.folder, 'trustcast'), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`, {
    mode: 0o755,
  });
  const done: Record<string, number> = {};
  for (const { language, text } of examples) {
    done[language] = (done[language] ?? 0) + 1;
    if (language === 'yaml') writeFileSync(join(harness.folder, /^# (\S+)$/m.exec(text)![1]!), text);
    else if (language === 'sh')
      await promisify(execFile)('sh', ['-euc', text], {
        cwd: harness.folder,
        env: { PATH: `${harness.folder}:${process.env.PATH ?? ''}`, ...settingsFor(service) },
      });
    else {
      const names = [...text.matchAll(/\$(\w+): /g)].map(([, name = '']) => name);
      const variables = Object.fromEntries(names.map((name) => [name, known[name]]));
      const data = text.startsWith('subscription')
        ? (await client.follow<object>(text, variables).next()).value
        : await client.ask<object>(text, variables);
      const refused = /^# Refused: (\w+)$/m.exec(text)?.[1];
      expect({ text, codes: userErrorCodes(data!) }).toEqual({ text, codes: refused === undefined ? [] : [refused] });
      if (refused === undefined) remember(data, known);
    }
  }
  client.close();
  expect(done).toMatchObject({ graphql: 36, sh: 4, yaml: 1 });
});
