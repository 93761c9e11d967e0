import { startPostgres } from '@trustcast/dev/backends/postgres.mjs';
import { JavaProcess } from '../java-process.js';
import type { Jdk } from '../jdks.js';
import { World } from '../world.js';
import { type Ask, follow, keepsItsOwn, letIn } from './follow.js';

/** What a product trusts by: the JVM's default, our file, or a truststore of its own. */
export const PRODUCT_MODES = ['default', 'file', 'own'] as const;

type Mode = (typeof PRODUCT_MODES)[number];
type Peer = 'https' | 'grpc' | 'ldaps' | 'postgres';

/** A product's client, and for each mode that it has what is expected of it. */
export interface Product {
  readonly name: string;
  readonly kind: string;
  /** The jar whose file name bears the version. */
  readonly jar: string;
  readonly peer: Peer;
  /** `LIVE yes`, say: the state at the end, how far it followed, and what is named beside. */
  readonly expected: Readonly<Partial<Record<Mode, string>>>;
}

const FOLLOWS = 'LIVE, yes';

export const PRODUCTS: readonly Product[] = [
  {
    name: 'Spring WebClient (Reactor Netty)',
    kind: 'web-client',
    jar: 'reactor-netty-http',
    peer: 'https',
    expected: { default: FOLLOWS, file: FOLLOWS, own: 'LIVE, no, `OWN_TRUSTSTORE io.netty.handler.ssl.SslHandler`' },
  },
  {
    name: 'Vert.x HTTP client',
    kind: 'vertx',
    jar: 'vertx-core',
    peer: 'https',
    expected: { default: FOLLOWS, file: FOLLOWS, own: 'LIVE, no, `OWN_TRUSTSTORE io.netty.handler.ssl.SslHandler`' },
  },
  {
    name: 'gRPC, netty-shaded',
    kind: 'grpc',
    jar: 'grpc-netty-shaded',
    peer: 'grpc',
    expected: {
      default: 'LOADED `OTHER_TLS_STACK`, new connections',
      file: 'LOADED `OTHER_TLS_STACK`, new connections',
      own: 'LOADED `OTHER_TLS_STACK`, no, `OWN_TRUSTSTORE io.grpc.netty.shaded.io.netty.handler.ssl.EnhancingX509ExtendedTrustManager`',
    },
  },
  {
    name: 'Kafka client',
    kind: 'kafka',
    jar: 'kafka-clients',
    peer: 'https',
    expected: {
      default: FOLLOWS,
      file: FOLLOWS,
      own: 'LIVE, no, `OWN_TRUSTSTORE org.apache.kafka.common.network.SslTransportLayer`',
    },
  },
  {
    name: 'PostgreSQL JDBC, `DefaultJavaSSLFactory`; `sslrootcert`',
    kind: 'jdbc',
    jar: 'postgresql',
    peer: 'postgres',
    expected: { default: FOLLOWS, own: 'LIVE, no, `OWN_TRUSTSTORE org.postgresql.ssl.MakeSSL`' },
  },
  {
    name: 'JNDI over LDAPS',
    kind: 'jndi',
    jar: '',
    peer: 'ldaps',
    expected: { default: FOLLOWS },
  },
  {
    name: 'WildFly Elytron, `default-ssl-context`',
    kind: 'elytron',
    jar: 'wildfly-elytron-ssl',
    peer: 'https',
    expected: {
      default: FOLLOWS,
      file: FOLLOWS,
      own: 'LOADED `DEFAULT_CONTEXT_NOT_MANAGED`, no, `OWN_TRUSTSTORE (the application)`',
    },
  },
  {
    name: 'AWS Common Runtime',
    kind: 'crt',
    jar: 'aws-crt',
    peer: 'https',
    expected: {
      default: 'LIVE, no, `OWN_STACK software.amazon.awssdk.crt.io`',
      own: 'LIVE, no, `OWN_STACK software.amazon.awssdk.crt.io`',
    },
  },
];

/** Servers of the lab, one per name: a new name is a server without any session. */
class Peers {
  readonly #ports = new Map<string, number>();

  constructor(
    private readonly world: World,
    /** Of a PostgreSQL, with user and password. */
    private readonly jdbc: string,
  ) {}

  async port(peer: Peer, identity: string, name: string): Promise<number> {
    if (peer === 'postgres') {
      await this.world.lab.do('postgres', this.jdbc, identity);
      return 0;
    }
    const key = `${identity}-${name}`;
    const known = this.#ports.get(key);
    if (known !== undefined) return known;
    const protocols = name.startsWith('tls12') ? 'TLSv1.2' : 'TLSv1.3,TLSv1.2';
    const command = peer === 'https' ? ['serve', key] : [`serve-${peer}`];
    const port = Number(await this.world.lab.do(...command, identity, protocols));
    this.#ports.set(key, port);
    return port;
  }
}

function jdbcUrl(url: string): string {
  const { port, pathname, username, password } = new URL(url);
  return `jdbc:postgresql://localhost:${port}${pathname}?user=${username}&password=${password}&sslmode=disable`;
}

/** By product and mode what was seen. */
export async function followProducts(jdk: Jdk, classPath: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const postgres = await startPostgres({ ephemeral: true });
  const world = await World.create(undefined, 'ProductLab', classPath);
  try {
    await world.lab.do('store', world.path('own.p12'), 'own-ca=other');
    await world.lab.do('pem', world.path('own.pem'), 'other');
    const peers = new Peers(world, jdbcUrl(postgres.url));
    for (const product of PRODUCTS)
      for (const mode of Object.keys(product.expected) as Mode[]) {
        const answer = await followOne(jdk, classPath, world, peers, product, mode, jdbcUrl(postgres.url));
        found.set(`${product.kind}/${mode}`, answer);
        process.stdout.write(`JDK ${jdk.major} ${product.kind}/${mode}: ${answer}\n`);
      }
  } finally {
    await world.close();
    await postgres.stop();
  }
  return found;
}

async function followOne(
  jdk: Jdk,
  classPath: string,
  world: World,
  peers: Peers,
  { kind, peer }: Product,
  mode: Mode,
  jdbc: string,
): Promise<string> {
  const native = jdk.major < 21 ? [] : ['-XX:+EnableDynamicAgentLoading', '--enable-native-access=ALL-UNNAMED'];
  const subject = await JavaProcess.start(jdk, 'ProductSubject', native, [], classPath);
  try {
    await world.deploy();
    const pem = kind === 'jdbc' || kind === 'crt';
    const own = world.path(pem ? 'own.pem' : 'own.p12');
    const file = { default: [], file: [world.truststore], own: [own] }[mode];
    await subject.do('make', 'client', kind, ...file);
    const factory = mode === 'own' ? `sslrootcert=${own}` : 'sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory';
    const url = kind === 'jdbc' ? [jdbc.replace('disable', `verify-full&${factory}`)] : [];
    const ask: Ask = async (identity, name) => {
      const port = await peers.port(peer, identity, `${name}-${kind}-${mode}`);
      return letIn(await subject.ask('call', 'client', port, ...url));
    };
    await world.attach(subject);
    let followed: string;
    if (mode === 'own') {
      if (!(await keepsItsOwn(world, ask))) throw new Error('a truststore of its own does not decide alone');
      followed = 'no';
    } else followed = await follow(world, ask);
    return await said(world, subject, followed);
  } finally {
    await subject.stop();
  }
}

/** What the JVM says after a removal. */
async function said(world: World, subject: JavaProcess, followed: string): Promise<string> {
  await world.deploy('partner-ca=partner');
  const sha256 = await world.deploy();
  const { state, reason, otherTrust } = await world.until(subject, (status) => status.loaded?.sha256 === sha256);
  const code = state === 'LIVE' || reason === null ? '' : ` \`${reason.split(':')[0] ?? ''}\``;
  return [`${state}${code}`, ` ${followed}`, ...otherTrust.map(({ kind, name }) => ` \`${kind} ${asIs(name)}\``)].join(
    ',',
  );
}

/** Where no class of the product is between, that of the test. */
function asIs(name: string): string {
  return name.startsWith('io.trustcast.') ? '(the application)' : name;
}
