import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeCertificate } from '@trustcast/certificates-service/test/support/make-certificate.js';
import { useHarness, useService } from '@trustcast/certificates-service/test/support/use-harness.js';
import { Client, type RequestPolicy, fetchExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import {
  type DocumentNode,
  Kind,
  type SelectionSetNode,
  TypeInfo,
  buildSchema,
  introspectionFromSchema,
  isObjectType,
  parse,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { loadConfig } from '../src/config.js';
import { Service } from '../src/service/service.js';
import { settingsFor } from './trustcast.js';

const GUIDE = fileURLToPath(new URL('../../../../docs/graphql.md', import.meta.url));
const SDL = readFileSync(fileURLToPath(new URL('../../../../schema/schema.graphql', import.meta.url)), 'utf8');
const MAIN = fileURLToPath(new URL('../bundle/main.js', import.meta.url));

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

interface Query {
  readonly text: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Queries of the guide with the variables that they were run with. */
const queries: Query[] = [];

test('every example of the GraphQL guide does what the guide says', async () => {
  const client = new Service(loadConfig(settingsFor(service)), () => Promise.resolve(service.token));
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
        ? (await client.follow<object>({ text }, variables).next()).value
        : await client.ask<object>({ text }, variables);
      const refused = /^# Refused: (\w+)$/m.exec(text)?.[1];
      expect({ text, codes: userErrorCodes(data!) }).toEqual({ text, codes: refused === undefined ? [] : [refused] });
      if (refused === undefined) remember(data, known);
      if (/^(?:query|\{)/.test(text)) queries.push({ text, variables });
    }
  }
  client.close();
  expect(Object.keys(done).sort()).toEqual(['graphql', 'sh', 'yaml']);
  expect(queries.length).toBeGreaterThan(10);
});

test('every query of the guide has the same answer at its first, second and third run', async () => {
  const client = new Service(loadConfig(settingsFor(service)), () => Promise.resolve(service.token));
  for (const { text, variables } of queries) {
    const answers = [];
    for (let run = 0; run < 3; run++) answers.push(await client.ask<object>({ text }, variables));
    expect(answers.slice(1)).toEqual([answers[0], answers[0]]);
  }
  client.close();
});

test('a client with a normalised cache keeps every answer apart from all others', async () => {
  const warnings: string[] = [];
  const cached = new Client({
    url: `${service.url}/graphql`,
    preferGetMethod: false,
    fetchOptions: { headers: { authorization: `Bearer ${service.token}` } },
    exchanges: [
      cacheExchange({ schema: introspection(), keys: KEYLESS, logger: (_severity, message) => warnings.push(message) }),
      fetchExchange,
    ],
  });
  const ask = async ({ text, variables }: Query, requestPolicy: RequestPolicy) => {
    const { data, error } = await cached.query<object>(withIds(text), variables, { requestPolicy }).toPromise();
    expect({ text, error }).toEqual({ text, error: undefined });
    return data;
  };
  const fresh = new Map<Query, unknown>();
  for (const query of queries) fresh.set(query, withoutTypenames(await ask(query, 'network-only')));
  // What one answer put under an id is what every other one finds there.
  for (const query of queries) expect(withoutTypenames(await ask(query, 'cache-only'))).toEqual(fresh.get(query));
  expect(warnings).toEqual([]);
});

/** Types without an id belong to what they hang from: the cache is told so, as its guide says. */
const KEYLESS = Object.fromEntries(
  Object.entries(buildSchema(SDL).getTypeMap()).flatMap(([name, type]) =>
    isObjectType(type) && !name.startsWith('__') && !('id' in type.getFields()) ? [[name, () => null]] : [],
  ),
);

/** Typed clients ask for the id of whatever has one. */
function withIds(text: string): DocumentNode {
  const types = new TypeInfo(buildSchema(SDL));
  const id = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: 'id' } } as const;
  const enter = (set: SelectionSetNode) => {
    const type = types.getParentType();
    return type && 'getFields' in type && 'id' in type.getFields()
      ? { ...set, selections: [...set.selections, id] }
      : set;
  };
  return visit(parse(text), visitWithTypeInfo(types, { SelectionSet: { leave: enter } }));
}

function introspection() {
  return introspectionFromSchema(buildSchema(SDL));
}

/** Clients with a cache ask for \`__typename\` everywhere. */
function withoutTypenames(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (name, member: unknown) => (name === '__typename' ? undefined : member)));
}
