import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { JavaProcess, testClasses } from './java-process.js';
import { type Jdk, findJdks, jdkTool } from './jdks.js';
import { World } from './world.js';

/**
 * `npm run test:stacks`: third-party TLS stacks in a running JVM, built before the agent and the changes came. Writes the
 * compatibility matrix. Exits with 1 when a stack is not as `ROWS` says, 69 without its jars, 78 without Maven.
 */
const stacks = fileURLToPath(new URL('../../stacks', import.meta.url));
const classes = fileURLToPath(new URL('../stacks', import.meta.url));
const document = fileURLToPath(new URL('../../../../docs/compatibility.md', import.meta.url));
const truststoreModes = ['default', 'file'] as const;

type Support = 'yes' | 'new connections' | 'no';

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

function fail(code: number, message: string): never {
  process.stderr.write(`test:stacks: ${message}\n`);
  process.exit(code);
}

/** Resolves the stacks with Maven, which keeps them in its own repository. */
function resolveJars(): string[] {
  const list = join(classes, 'classpath');
  const goal = ['-B', '-q', '-f', join(stacks, 'pom.xml'), 'dependency:build-classpath', `-Dmdep.outputFile=${list}`];
  const { error, status, stdout } = spawnSync('mvn', goal, { encoding: 'utf8' });
  if (error) fail(78, 'mvn is not on the PATH: install Maven 3.8 or later (Debian: maven)');
  if (status !== 0) fail(69, `Maven could not resolve the stacks; it needs Maven Central or a mirror:\n${stdout}`);
  return readFileSync(list, 'utf8').trim().split(':');
}

function compile(jars: readonly string[]): string {
  const folder = join(stacks, 'src/io/trustcast/jvm/test');
  const sources = readdirSync(folder).map((name) => join(folder, name));
  const out = join(classes, 'classes');
  execFileSync(
    jdkTool('javac'),
    ['--release', '17', '-proc:none', '-d', out, '-cp', [testClasses, ...jars].join(':'), ...sources],
    { stdio: 'inherit' },
  );
  return [out, join(stacks, 'src'), ...jars].join(':');
}

/** Whether the peer was let in; anything that is no verdict on a certificate is an error of the test. */
function letIn(verdict: string): boolean {
  if (verdict.startsWith('ok')) return true;
  if (/^fail .*(SSL|TLS|certif|PKIX|handshake|reset|closed|Broken pipe)/i.test(verdict)) return false;
  throw new Error(verdict);
}

/** Asks one peer for its verdict on `port`, or of the server under test on a client with `identity`. */
type Ask = (identity: string, port: string) => Promise<boolean>;

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

/** Adds, replaces and removes, and says how far the stack went along. */
async function follow(world: World, ask: Ask): Promise<Support> {
  await world.deploy();
  if (await ask('partner', 'a')) throw new Error('trusted at first');
  await world.deploy('partner-ca=partner');
  if (!(await ask('partner', 'a'))) return 'no';
  await world.deploy('partner-ca=other');
  if (!(await ask('other', 'a')) || (await ask('partner', 'b'))) return 'no';
  await world.deploy('partner-ca=partner');
  for (const peer of ['a', 'a', 'tls12', 'tls12']) await ask('partner', peer);
  await world.deploy();
  if (await ask('partner', 'c')) return 'no';
  const resumes = [await ask('partner', 'a'), await ask('partner', 'tls12')];
  return resumes.includes(true) ? 'new connections' : 'yes';
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
  const subject = await JavaProcess.start(jdk, 'StackSubject', options, [], `${testClasses}:${classPath}`);
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

function versionOf(jar: string, jars: readonly string[]): string {
  const name = jars.map((path) => basename(path)).find((file) => new RegExp(`^${jar}-\\d`).test(file)) ?? '';
  return name.slice(jar.length + 1).replace(/(\.Final)?\.jar$/, '');
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`;
  const [head, ...body] = rows;
  return line(head ?? []) + line(widths.map((width) => '-'.repeat(width))) + body.map(line).join('');
}

rmSync(classes, { recursive: true, force: true });
mkdirSync(classes, { recursive: true });
const jars = resolveJars();
const jdks = findJdks();
const classPath = compile(jars);
const results = new Map<Jdk, Map<string, Support>>();
for (const jdk of jdks) results.set(jdk, await onJdk(jdk, classPath));

/** The same on every JDK, or each with its own. */
function cell(row: Row, mode: string): string {
  const answers = jdks.map((jdk) => results.get(jdk)?.get(`${row.side}/${row.kind}/${mode}`) ?? '-');
  if (answers.every((answer) => answer === answers[0])) return answers[0] ?? '-';
  return jdks.map(({ major }, index) => `${major}: ${answers[index] ?? '-'}`).join(', ');
}

const head = ['Stack', 'Version', 'Side', 'Default trust', 'Truststore file'];
const body = ROWS.map((row) => [
  row.name,
  versionOf(row.jar, jars),
  row.side,
  ...truststoreModes.map((mode) => cell(row, mode)),
]);
const template = readFileSync(document, 'utf8');
const begin = '<!-- stacks -->\n\n';
const end = '\n<!-- /stacks -->';
const before = template.slice(0, template.indexOf(begin) + begin.length);
const after = template.slice(template.indexOf(end));
const tested = `Measured on JDK ${jdks.map(({ major }) => major).join(' and ')}.\n\n`;
writeFileSync(document, `${before}${tested}${table([head, ...body])}${after}`);

const wrong = ROWS.flatMap((row) =>
  truststoreModes
    .map((mode) => cell(row, mode))
    .filter((answer) => answer !== '-' && answer !== row.expected)
    .map((answer) => `${row.name}: ${answer} instead of ${row.expected}`),
);
for (const line of wrong) process.stdout.write(`! ${line}\n`);
process.exitCode = wrong.length === 0 ? 0 : 1;
