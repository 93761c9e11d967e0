import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { JavaProcess } from './java-process.js';
import { type Jdk, findJdks } from './jdks.js';
import { type Ask, type Support, follow, letIn } from './stacks/follow.js';
import { KEYCLOAK, KEYCLOAK_VERSION, followKeycloak } from './stacks/keycloak.js';
import { compile, resolveJars, unpack, versionOf } from './stacks/jars.js';
import { PRODUCTS, PRODUCT_MODES, followProducts } from './stacks/products.js';
import { between, cellOf, table } from './stacks/table.js';
import { World } from './world.js';

/**
 * `npm run test:stacks`: third-party TLS stacks in a running JVM, built before the agent and the changes came. Writes the
 * compatibility matrix. Exits with 1 when a stack is not as `ROWS` says, 69 without its jars, 78 without Maven.
 */
const stacks = fileURLToPath(new URL('../../stacks', import.meta.url));
const products = join(stacks, 'products');
const out = fileURLToPath(new URL('../stacks', import.meta.url));
const document = fileURLToPath(new URL('../../../../docs/compatibility.md', import.meta.url));
const truststoreModes = ['default', 'file'] as const;

interface Row {
  readonly name: string;
  readonly kind: string;
  /** The jar whose file name bears the version. */
  readonly jar: string;
  readonly side: 'client' | 'server';
  readonly expected: Support;
}

const ROWS: readonly Row[] = [
  { name: 'Netty, JDK provider', kind: 'netty-jdk', jar: 'netty-handler', side: 'client', expected: 'yes' },
  {
    name: 'Netty, OpenSSL provider',
    kind: 'netty-openssl',
    jar: 'netty-tcnative-classes',
    side: 'client',
    expected: 'new connections',
  },
  { name: 'OkHttp', kind: 'okhttp', jar: 'okhttp-jvm', side: 'client', expected: 'yes' },
  { name: 'Apache HttpClient 4', kind: 'apache-4', jar: 'httpclient', side: 'client', expected: 'yes' },
  { name: 'Apache HttpClient 5', kind: 'apache-5', jar: 'httpclient5', side: 'client', expected: 'yes' },
  { name: 'Jetty client', kind: 'jetty', jar: 'jetty-client', side: 'client', expected: 'yes' },
  { name: 'Spring Boot RestClient', kind: 'spring', jar: 'spring-boot', side: 'client', expected: 'yes' },
  { name: 'Kafka client', kind: 'kafka', jar: 'kafka-clients', side: 'client', expected: 'yes' },
  {
    name: 'BouncyCastle JSSE, trust managers of the JDK',
    kind: 'bouncycastle-jdk-managers',
    jar: 'bctls-jdk18on',
    side: 'client',
    expected: 'new connections',
  },
  {
    name: 'BouncyCastle JSSE, its own trust managers',
    kind: 'bouncycastle',
    jar: 'bctls-jdk18on',
    side: 'client',
    expected: 'no',
  },
  { name: 'Conscrypt', kind: 'conscrypt', jar: 'conscrypt-openjdk-uber', side: 'client', expected: 'new connections' },
  { name: 'Tomcat', kind: 'tomcat', jar: 'tomcat-embed-core', side: 'server', expected: 'yes' },
  { name: 'Jetty server', kind: 'jetty', jar: 'jetty-server', side: 'server', expected: 'yes' },
  { name: 'Spring Boot', kind: 'spring-boot', jar: 'spring-boot', side: 'server', expected: 'yes' },
];

class Servers {
  readonly #ports = new Map<string, number>();

  constructor(private readonly world: World) {}

  /** One server per name; a new name is a server without any session. */
  async port(identity: string, name: string): Promise<number> {
    const known = this.#ports.get(`${identity}-${name}`);
    if (known !== undefined) return known;
    const protocols = name.startsWith('tls12') ? 'TLSv1.2' : 'TLSv1.3,TLSv1.2';
    const port = Number(await this.world.lab.do('serve', `${identity}-${name}`, identity, protocols));
    this.#ports.set(`${identity}-${name}`, port);
    return port;
  }
}

const NAMED = 'OTHER_TLS_STACK: ';
/** What the status of an application names whose stacks do not follow in everything. */
const PACKAGES = ['io.netty.handler.ssl', 'org.bouncycastle.jsse.provider', 'org.conscrypt'];

async function onJdk(jdk: Jdk, classPath: string): Promise<Map<string, Support>> {
  const follows = (row: Row): boolean => row.expected === 'yes';
  const [all, others] = [ROWS.filter(follows), ROWS.filter((row) => !follows(row))];
  return new Map([...(await together(jdk, classPath, all, [])), ...(await together(jdk, classPath, others, PACKAGES))]);
}

/** Follows stacks in one application; it is LIVE at the end, or LOADED and names these packages. */
async function together(
  jdk: Jdk,
  classPath: string,
  rows: readonly Row[],
  named: readonly string[],
): Promise<Map<string, Support>> {
  const world = await World.create();
  const servers = new Servers(world);
  const found = new Map<string, Support>();
  const presented = new Set<string>();
  await world.deploy();
  const options = jdk.major < 21 ? [] : ['-XX:+EnableDynamicAgentLoading'];
  const subject = await JavaProcess.start(jdk, 'StackSubject', options, [], classPath);
  try {
    const asks = new Map<string, Ask>();
    for (const { kind, side } of rows)
      for (const mode of truststoreModes) {
        const name = `${side}/${kind}/${mode}`;
        if (side === 'client') {
          await subject.do('make', name, kind, ...(mode === 'file' ? [world.truststore] : []));
          asks.set(name, async (identity, port) =>
            letIn(await subject.ask('call', name, await servers.port(identity, `${port}-${name}`))),
          );
        } else if (mode === 'file') {
          const port = await subject.do('serve', kind, world.truststore);
          asks.set(name, async (identity, client) => {
            const presenting = `${identity}-${client}-${name}`;
            if (!presented.has(presenting)) await world.lab.do('client', presenting, identity);
            presented.add(presenting);
            return letIn(await world.lab.ask('call', presenting, port));
          });
        }
      }
    await world.attach(subject);
    for (const [name, ask] of asks) {
      found.set(name, await follow(world, ask));
      process.stdout.write(`JDK ${jdk.major} ${name}: ${found.get(name) ?? ''}\n`);
    }
    // A new agent looks at once at what has been loaded by all of that.
    await world.attach(subject, `dir=${world.directory},detach=true`);
    await world.attach(subject);
    const expected = named.length === 0 ? 'LIVE' : 'LOADED';
    const { reason } = await world.until(subject, ({ state }) => state === expected);
    const packages = reason === null ? [] : reason.slice(NAMED.length).split(', ').sort();
    if (packages.join() !== named.join())
      throw new Error(`${expected} names ${reason ?? 'nothing'} instead of ${named.join()}`);
  } finally {
    await subject.stop();
    await world.close();
  }
  return found;
}

rmSync(out, { recursive: true, force: true });
const jars = resolveJars(stacks, out);
const productsOut = join(out, 'products');
const productJars = resolveJars(products, productsOut);
unpack(`org.keycloak:keycloak-quarkus-dist:${KEYCLOAK_VERSION}:zip`, out);
const keycloak = join(out, `keycloak-${KEYCLOAK_VERSION}`);
const jdks = findJdks();
const classPath = compile(stacks, jars, out);
const productPath = compile(products, productJars, productsOut);
const results: { readonly major: number; readonly found: Map<string, string> }[] = [];
for (const jdk of jdks) {
  const found = new Map<string, string>(await onJdk(jdk, classPath));
  for (const [name, answer] of await followProducts(jdk, productPath)) found.set(`product/${name}`, answer);
  if (jdk === jdks[0])
    for (const [name, answer] of await followKeycloak(jdk, keycloak, productPath))
      found.set(`keycloak/${name}`, answer);
  results.push({ major: jdk.major, found });
}

function cell(name: string): string {
  return cellOf(
    results.flatMap(({ major, found }) => (found.has(name) ? [{ major, answer: found.get(name) ?? '' }] : [])),
  );
}

const head = ['Stack', 'Version', 'Side', 'Default trust', 'Truststore file'];
const body = ROWS.map((row) => [
  row.name,
  versionOf(row.jar, jars),
  row.side,
  ...truststoreModes.map((mode) => cell(`${row.side}/${row.kind}/${mode}`)),
]);
const productHead = ['Product', 'Version', 'Default trust', 'Truststore file', 'Truststore of its own'];
const productBody = PRODUCTS.map((product) => [
  product.name,
  versionOf(product.jar, productJars),
  ...PRODUCT_MODES.map((mode) => cell(`product/${product.kind}/${mode}`)),
]);
const keycloakBody = KEYCLOAK.map(({ name, via }) => [
  name,
  KEYCLOAK_VERSION,
  ...PRODUCT_MODES.map((mode) => cell(`keycloak/${via}/${mode}`)),
]);
const tested = `Measured on JDK ${jdks.map(({ major }) => major).join(' and ')}.\n\n`;
const page = between(readFileSync(document, 'utf8'), 'stacks', tested + table([head, ...body]));
writeFileSync(document, between(page, 'products', tested + table([productHead, ...productBody, ...keycloakBody])));

const expected = [
  ...ROWS.flatMap((row) =>
    truststoreModes
      .filter((mode) => row.side === 'client' || mode === 'file')
      .map((mode) => ({ name: `${row.side}/${row.kind}/${mode}`, answer: row.expected })),
  ),
  ...PRODUCTS.flatMap(({ kind, expected: modes }) =>
    PRODUCT_MODES.map((mode) => ({ name: `product/${kind}/${mode}`, answer: modes[mode] ?? '-' })),
  ),
  ...KEYCLOAK.flatMap(({ via, expected: modes }) =>
    PRODUCT_MODES.map((mode) => ({ name: `keycloak/${via}/${mode}`, answer: modes[mode] })),
  ),
];
const wrong = expected.filter(({ name, answer }) => cell(name) !== answer);
for (const { name, answer } of wrong) process.stdout.write(`! ${name}: ${cell(name)} instead of ${answer}\n`);
process.exitCode = wrong.length === 0 ? 0 : 1;
