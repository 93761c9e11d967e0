import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { agentJar } from '../java-process.js';
import type { Jdk } from '../jdks.js';
import { World } from '../world.js';
import { type Ask, follow, keepsItsOwn } from './follow.js';

export const KEYCLOAK_VERSION = '26.4.7';

/** It builds itself at its first start. */
const START_MS = 300_000;
const ADMIN = { username: 'admin', password: 'admin' };

const OWN = [
  '`OWN_TRUSTSTORE org.apache.http.conn.ssl.SSLConnectionSocketFactory`',
  '`OWN_TRUSTSTORE org.keycloak.storage.ldap.idm.store.ldap.SessionBoundInitialLdapContext`',
].join(', ');
/** It writes the merged truststore that it names as the default after its start: an agent that comes later cannot tell. */
const CHANGED = 'LOADED `DEFAULT_TRUSTSTORE_CHANGED`';

/** What is expected of its HTTPS and LDAPS: by how the agent came, and what it trusts by. */
export const KEYCLOAK = [
  {
    name: 'Keycloak, `--truststore-paths`, `-javaagent`',
    via: 'premain',
    expected: { default: 'LIVE, yes', file: 'LIVE, yes', own: `LIVE, no, ${OWN}` },
  },
  {
    name: 'Keycloak, `--truststore-paths`, attached',
    via: 'agentmain',
    expected: { default: 'LIVE, yes', file: `${CHANGED}, yes`, own: `${CHANGED}, no, ${OWN}` },
  },
] as const;

type Via = (typeof KEYCLOAK)[number]['via'];
type Mode = keyof (typeof KEYCLOAK)[number]['expected'];

/** A server that runs, asked through its administration. */
class Keycloak {
  private constructor(
    private readonly child: ChildProcess,
    private readonly url: string,
  ) {}

  get pid(): number {
    return this.child.pid ?? 0;
  }

  static async start(
    home: string,
    jdk: Jdk,
    port: number,
    truststores: readonly string[],
    javaOptions: readonly string[],
  ): Promise<Keycloak> {
    rmSync(join(home, 'data'), { recursive: true, force: true });
    const trust = truststores.length === 0 ? [] : [`--truststore-paths=${truststores.join(',')}`];
    const options = ['start-dev', '--db=dev-mem', '--http-host=127.0.0.1', `--http-port=${port}`, ...trust];
    const child = spawn(join(home, 'bin/kc.sh'), options, {
      env: {
        PATH: '/usr/bin:/bin',
        JAVA_HOME: jdk.home,
        JAVA_OPTS_APPEND: ['-Xmx768m', '-XX:TieredStopAtLevel=1', ...javaOptions].join(' '),
        KC_BOOTSTRAP_ADMIN_USERNAME: ADMIN.username,
        KC_BOOTSTRAP_ADMIN_PASSWORD: ADMIN.password,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => void (output += chunk.toString()));
    const until = Date.now() + START_MS;
    while (!output.includes('Listening on:')) {
      if (child.exitCode !== null || Date.now() > until) {
        child.kill('SIGKILL');
        throw new Error(`Keycloak did not start:\n${output}`);
      }
      await delay(200);
    }
    return new Keycloak(child, `http://127.0.0.1:${port}`);
  }

  /** Answers the status and the body. */
  async post(path: string, body: object): Promise<{ status: number; text: string }> {
    const form = new URLSearchParams({ ...ADMIN, client_id: 'admin-cli', grant_type: 'password' });
    const login = await fetch(`${this.url}/realms/master/protocol/openid-connect/token`, {
      method: 'POST',
      body: form,
    });
    const { access_token: token } = (await login.json()) as { access_token: string };
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(`${this.url}/admin/realms/master/${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const end = new Promise<void>((resolve) => this.child.once('exit', () => resolve()));
    this.child.kill('SIGTERM');
    await end;
  }
}

/** By what it trusts by, what was seen of HTTPS and LDAPS, and said at the end. */
export async function followKeycloak(jdk: Jdk, home: string, classPath: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const world = await World.create(undefined, 'ProductLab', classPath);
  try {
    await world.lab.do('self', 'own');
    await world.lab.do('pem', world.path('own.pem'), 'own');
    await world.lab.do('pem', world.path('other.pem'), 'other');
    for (const { via } of KEYCLOAK)
      for (const mode of ['default', 'file', 'own'] as const) {
        const answer = await followOne(jdk, home, world, via, mode);
        found.set(`${via}/${mode}`, answer);
        process.stdout.write(`JDK ${jdk.major} Keycloak ${via}/${mode}: ${answer}\n`);
      }
  } finally {
    await world.close();
  }
  return found;
}

async function followOne(jdk: Jdk, home: string, world: World, via: Via, mode: Mode): Promise<string> {
  await world.deploy();
  const port = Number(await world.lab.do('free-port'));
  const truststores = {
    default: [],
    file: [world.path('own.pem'), world.truststore],
    own: [world.path('other.pem')],
  }[mode];
  const options = `dir=${world.directory}`;
  const javaOptions = via === 'premain' ? [`-javaagent:${agentJar}=${options}`] : [];
  const keycloak = await Keycloak.start(home, jdk, port, truststores, javaOptions);
  try {
    const asks = [https(world, keycloak, `${via}-${mode}`), ldaps(world, keycloak, `${via}-${mode}`)];
    if (via === 'agentmain') await world.lab.do('attach', keycloak.pid, agentJar, options);
    const followed = new Set<string>();
    for (const ask of asks)
      if (mode !== 'own') followed.add(await follow(world, ask));
      else if (await keepsItsOwn(world, ask)) followed.add('no');
      else throw new Error('a truststore of its own does not decide alone');
    if (mode === 'file')
      for (const ask of asks) if (!(await ask('own', 'own'))) throw new Error('its own certificate is gone');
    const sha256 = await world.deploy('partner-ca=partner');
    await world.until(keycloak, ({ loaded }) => loaded?.sha256 === sha256);
    const removed = await world.deploy();
    const status = await world.until(keycloak, ({ loaded }) => loaded?.sha256 === removed);
    const code = status.state === 'LIVE' ? '' : ` \`${status.reason?.split(':')[0] ?? ''}\``;
    const named = status.otherTrust.map(({ kind, name }) => ` \`${kind} ${name}\``);
    return [`${status.state}${code}`, ` ${[...followed].join(' and ')}`, ...named].join(',');
  } finally {
    await keycloak.stop();
  }
}

/** It reads an identity provider's metadata: the server says whether that shook hands. */
function https(world: World, keycloak: Keycloak, unique: string): Ask {
  const ports = new Map<string, string>();
  return async (identity, name) => {
    const server = `${identity}-${name}-${unique}`;
    const protocols = name.startsWith('tls12') ? 'TLSv1.2' : 'TLSv1.3,TLSv1.2';
    const port = ports.get(server) ?? (await world.lab.do('serve', server, identity, protocols));
    ports.set(server, port);
    const served = async (): Promise<number> => Number((await world.lab.do('served', server)).split(' ')[0]);
    const before = await served();
    const fromUrl = `https://localhost:${port}/.well-known/openid-configuration`;
    await keycloak.post('identity-provider/import-config', { providerId: 'oidc', fromUrl });
    return (await served()) > before;
  };
}

/** It tests the connection to a directory. */
function ldaps(world: World, keycloak: Keycloak, unique: string): Ask {
  const ports = new Map<string, string>();
  return async (identity, name) => {
    const server = `${identity}-${name}-${unique}`;
    const protocols = name.startsWith('tls12') ? 'TLSv1.2' : 'TLSv1.3,TLSv1.2';
    const port = ports.get(server) ?? (await world.lab.do('serve-ldaps', identity, protocols));
    ports.set(server, port);
    const { status, text } = await keycloak.post('testLDAPConnection', {
      action: 'testConnection',
      connectionUrl: `ldaps://localhost:${port}`,
      connectionTimeout: '10000',
      authType: 'none',
      useTruststoreSpi: 'always',
      startTls: 'false',
    });
    if (status !== 204 && status !== 400) throw new Error(`testLDAPConnection: ${status} ${text}`);
    return status === 204;
  };
}
