import { expect, test } from '@jest/globals';
import { type ServerOptions, makeServer } from '../../src/api/http/server.js';
import { makeSchema } from '../../src/api/graphql/schema.js';
import { ACCESS, ROUTES } from '../../src/features/records/access-table.js';
import { rootFields } from './minimal-operation.js';

test('every field of the root types is in the table of access, and nothing else is', () => {
  const fields = rootFields(makeSchema()).map(([name]) => name);
  expect(Object.keys(ACCESS).sort()).toEqual(fields.sort());
});

/** Anything: the server is made and asked for its routes, and nothing behind them is called. */
const anything: object = new Proxy(() => undefined, {
  get: (_target, name) => (name === 'then' ? undefined : anything),
  apply: () => anything,
});

/** The addresses of a printed tree, whose nodes each add to the address of the node above; those with methods are routes. */
function urlsOf(tree: string): string[] {
  const above: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', part = '', methods] = /^([ │]*)[├└]── (\S+)(?: (\(.+\)))?$/.exec(line) ?? [];
    const depth = indent.length / 4;
    if (part === '') return [];
    above[depth] = (above[depth - 1] ?? '') + part;
    return methods === undefined ? [] : [above[depth]];
  });
}

test('every HTTP route is in the table of routes, and nothing else is', async () => {
  const known: Readonly<Record<string, unknown>> = {
    ...{ schema: makeSchema(), issuers: [], corsOrigins: [], descriptors: 1_024, tls: null, metricsToken: null },
    ...{ introspection: true, consoleFiles: new Map(), rates: { attach: () => Promise.resolve() } },
  };
  const options = new Proxy(known, { get: (target, name: string) => (name in target ? target[name] : anything) });
  const server = await makeServer(options as unknown as ServerOptions);
  const urls = urlsOf(server.printRoutes({ commonPrefix: true }));
  const found = await Promise.all(
    urls.map(async (url) => {
      const { headers } = await server.inject({ method: 'OPTIONS', url });
      const methods = String(headers.allow).split(', ');
      return methods.filter((each) => !['HEAD', 'OPTIONS'].includes(each)).map((method) => `${method} ${url}`);
    }),
  );
  expect(found.flat().sort()).toEqual(Object.keys(ROUTES).sort());
});
