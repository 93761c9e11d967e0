import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startNats } from '@trustcast/dev/backends/nats.mjs';
import { startPostgres } from '@trustcast/dev/backends/postgres.mjs';
import { graphqlClient } from '@trustcast/dev/graphql-client.mjs';
import type { ProductProcess } from '@trustcast/dev/product-process.mjs';
import { loadEnvironment } from '@trustcast/dev/setup/environment.mjs';
import { Progress } from '@trustcast/dev/setup/progress.mjs';
import { type Host, type HostOptions, type Stack, startStack } from '@trustcast/dev/stack.mjs';
import { readKeystore } from '@trustcast/keystore';
import {
  type CertificateSet,
  type Statement,
  MARKER_ALIAS,
  agentPaths,
  contentDigestOf,
  decodeChangeMessage,
  digestOf,
  fingerprintOf,
  foldAlias,
  signHttpRequest,
} from '@trustcast/schema';

const ROOT = dirname(dirname(fileURLToPath(import.meta.resolve('@trustcast/dev/stack.mjs'))));

export interface Certificate {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly definitions: readonly { readonly id: string }[];
}

interface Payload {
  readonly certificate: Certificate | null;
  /** Null when no environment changed. */
  readonly deployment: { readonly id: string } | null;
  readonly userErrors: readonly { readonly code: string; readonly message: string }[];
}

export interface RunningHost extends Host {
  readonly process: ProductProcess;
}

/** The service answers five questions a second to the key of a host; the host needs some of them itself. */
const SETTLED_POLL_MS = 500;
const UNKNOWN = { installation: '', environment: '', revision: -1, digest: '' };

/** The real parts on one machine, each of which can be taken away and brought back. */
export class Installation {
  readonly #state: string;
  readonly stack: Stack;
  service: ProductProcess;
  /** The process of the service that is asked. */
  url: string;
  /** Requests that had to be repeated. */
  unanswered = 0;
  #nats: Awaited<ReturnType<typeof startNats>>;
  postgres: Awaited<ReturnType<typeof startPostgres>>;

  private constructor(state: string, stack: Stack) {
    this.#state = state;
    this.stack = stack;
    this.service = stack.service;
    this.url = stack.url;
    this.#nats = stack.nats;
    this.postgres = stack.postgres;
  }

  static async start(): Promise<Installation> {
    const state = realpathSync(mkdtempSync(join(tmpdir(), 'trustcast-e2e-')));
    chmodSync(state, 0o711);
    const cache = join(ROOT, '.trustcast/cache');
    mkdirSync(cache, { recursive: true });
    symlinkSync(cache, join(state, 'cache'));
    const progress = new Progress({ write: () => undefined });
    // What the machine offers to others is not this test's to stop.
    const env = loadEnvironment({ PATH: process.env.PATH, JAVA_HOME: process.env.JAVA_HOME });
    return new Installation(state, await startStack({ root: ROOT, state, env, port: 0, progress }));
  }

  host(name: string, options: Partial<HostOptions> = {}): Promise<RunningHost> {
    return this.stack.startHost({ base: 'none', ...options, name });
  }

  /** One more process of the service. @param script another one than the built one */
  startService(port?: number, script?: string): Promise<ProductProcess> {
    return this.stack.startService(port, script);
  }

  stopNats(): Promise<void> {
    return this.#nats.stop();
  }

  async startNats(): Promise<void> {
    const config = { usersFile: 'users.conf' };
    this.#nats = await startNats({ stateDir: join(this.#state, 'nats'), jetstream: true, config });
  }

  async restartPostgres(): Promise<void> {
    await this.postgres.stop();
    this.postgres = await startPostgres({ stateDir: join(this.#state, 'postgres') });
  }

  /** Keeps the database as it is now, as a backup does. */
  async backUp(): Promise<void> {
    await this.#withoutDatabase(() => execFileSync('cp', ['-a', this.#database, `${this.#database}.backup`]));
  }

  /** Brings the database back as it was backed up. */
  async restoreBackup(): Promise<void> {
    await this.#withoutDatabase(() => {
      rmSync(this.#database, { recursive: true, maxRetries: 10 });
      execFileSync('cp', ['-a', `${this.#database}.backup`, this.#database]);
    });
  }

  get #database(): string {
    return join(this.#state, 'postgres');
  }

  async #withoutDatabase(act: () => void): Promise<void> {
    await this.service.stop();
    await this.postgres.stop();
    act();
    this.postgres = await startPostgres({ stateDir: this.#database });
    this.service = await this.startService(Number(new URL(this.url).port));
  }

  async query<Data>(text: string, variables: Record<string, unknown> = {}): Promise<Data> {
    return (await graphqlClient({ url: this.url, token: this.stack.token })(text, variables)) as Data;
  }

  /** Makes a change with an idempotency key and repeats it until it is answered, as a client does. @returns its payload */
  async insist(mutation: string, input: Record<string, unknown>): Promise<Payload> {
    const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
    const text = `mutation ($input: ${type}!) {
      payload: ${mutation}(input: $input) { certificate { id name version definitions { id } }
        deployment { id } userErrors { code message } } }`;
    for (;;)
      try {
        const { payload } = await this.query<{ payload: Payload }>(text, { input });
        if (payload.userErrors.length > 0) throw new Error(JSON.stringify(payload.userErrors));
        return payload;
      } catch (error) {
        if (!/fetch failed|try again/.test((error as Error).message)) throw error;
        this.unanswered += 1;
        await delay(20);
      }
  }

  /** Deploys one more certificate. */
  async create(name: string, content: string): Promise<Certificate> {
    const input = { name, definitions: [pasted(name, content)], idempotencyKey: name };
    return (await this.insist('createCertificate', input)).certificate!;
  }

  /** Puts another X.509 certificate in its place. */
  async replace({ id, name, version, definitions }: Certificate, content: string): Promise<Certificate> {
    const input = { id, expectedVersion: version, definitions: [{ id: definitions[0]!.id, ...pasted(name, content) }] };
    return (await this.insist('updateCertificate', input)).certificate!;
  }

  async remove({ id, version }: Certificate): Promise<void> {
    await this.insist('deleteCertificate', { id, expectedVersion: version });
  }

  /** Waits until a host's truststore is what the service signs now, by its own digest, and answers the revision. */
  async settled({ directory }: Host, host: string, timeoutMs = 60_000): Promise<number> {
    const until = Date.now() + timeoutMs;
    for (;;) {
      const signed = (await this.statement(host)) ?? UNKNOWN;
      const held = managedEntries(join(directory, 'truststore.p12'));
      if (held && signed.digest === digestOf(signed, held)) return signed.revision;
      if (Date.now() > until)
        throw new Error(
          `after ${timeoutMs} ms the truststore is not revision ${signed.revision}; the host's log ends:\n${this.#log(host).split('\n').slice(-40).join('\n')}`,
        );
      await delay(SETTLED_POLL_MS);
    }
  }

  /** What the service signs now; nothing while it cannot. */
  async statement(host: string): Promise<Statement | undefined> {
    const kept = (name: string) => readFileSync(join(this.#state, 'hosts', host, 'apimanager', 'state', name), 'utf8');
    const { installation } = JSON.parse(kept('enrollment.json')) as { installation: string };
    const privateKey = createPrivateKey(kept('agent-key.pem'));
    const { x: keyId = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
    const target = agentPaths.heartbeat('apimanager');
    const request = { method: 'GET', target, contentDigest: contentDigestOf(''), installation };
    const headers = signHttpRequest(request, { tag: 'trustcast-agent', privateKey, keyId });
    const response = await fetch(`${this.url}${target}`, { headers });
    if (!response.ok) return undefined;
    const { statement } = decodeChangeMessage(Buffer.from(await response.arrayBuffer()));
    return JSON.parse(Buffer.from(statement.split('.')[1] ?? '', 'base64url').toString()) as Statement;
  }

  /** The revisions that a host applied, in the order of its log. */
  applied(host: string): number[] {
    return Array.from(this.#log(host).matchAll(/"msg":"applied".*?"position":"1\.(\d+)"/g), ([, revision]) =>
      Number(revision),
    );
  }

  #log(host: string): string {
    return readFileSync(join(this.#state, 'logs', `${host}.log`), 'utf8');
  }

  async stop(): Promise<void> {
    await this.stack.stop();
    await this.#nats.stop();
    await this.postgres.stop();
    rmSync(this.#state, { recursive: true, maxRetries: 10, force: true });
  }
}

export function pasted(alias: string, content: string, environments: readonly string[] = ['apimanager']) {
  return { environments, alias, from: { clipboard: { encoding: 'BASE64PEM', content } } };
}

/** The managed entries of a truststore without base; null before there is one: where JVMs may use it, it waits for the first set. */
function managedEntries(file: string): CertificateSet | null {
  if (!existsSync(file)) return null;
  const { entries } = readKeystore(readFileSync(file));
  return new Map(
    entries
      .filter(({ alias }) => alias !== MARKER_ALIAS)
      .map(({ alias, der }) => [foldAlias(alias), { alias, der, fingerprint: fingerprintOf(der) }]),
  );
}
