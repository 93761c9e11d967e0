import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Jdk, findJdks, findJvms } from '@trustcast/dev/setup/find-jdks.mjs';
import { mavenJar } from '@trustcast/dev/setup/maven-jar.mjs';
import { type TruststoreEntry, writePkcs12 } from '../src/index.js';
import { type JavaProvider, PROVIDERS } from './java-providers.js';

const PROGRAM = fileURLToPath(new URL('../../test/ReferenceJvm.java', import.meta.url));

/** How Java sees one entry of a keystore. */
export interface LoadedEntry {
  readonly kind: 'trusted' | 'key';
  readonly sha256: string;
  readonly alias: string;
}

/** What a keystore is made of, for {@link ReferenceJvm.store}. */
export interface StoredEntry {
  readonly kind?: 'trusted' | 'key' | 'secret';
  readonly alias: string;
  readonly der: Uint8Array;
}

/** Java's own KeyStore and CertificateFactory in a JVM that lives as long as the tests ask. */
export class ReferenceJvm {
  readonly #child: ChildProcess;
  readonly #waiting: ((answer: Buffer) => void)[] = [];
  readonly #ready = this.#answer();
  #received: Buffer[] = [];
  #size = 0;
  #stderr = '';

  private constructor(
    /** Such as `JDK 17.0.15`, or `BouncyCastle 1.87 on JDK 17.0.15`. */
    readonly name: string,
    readonly major: number,
    /** Whether it opens a truststore with the file's password only. */
    readonly needsPassword: boolean,
    java: string,
    options: readonly string[],
  ) {
    this.#child = spawn(java, ['-Xmx1g', ...options], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#child.once('close', () => {
      for (const resolve of this.#waiting.splice(0))
        resolve(Buffer.from(`refused: the reference JVM ended: ${this.#stderr}`));
    });
  }

  /**
   * One reference JVM per Java of this machine. The compiler's first tier alone starts soonest.
   * @throws Error when there is no JDK: a test on no JDK proves nothing.
   */
  static async startAll(jvmOptions: readonly string[] = FAST_START): Promise<ReferenceJvm[]> {
    return start(async (classes) =>
      (await findJvms()).map(
        (jvm) => new ReferenceJvm(nameOf(jvm), jvm.major, false, ...programOn(jvm, jvmOptions, [classes])),
      ),
    );
  }

  /**
   * One reference JVM per provider of {@link PROVIDERS}, each first in the list of the oldest Java of this machine or, with `every`, of
   * each. Maven fetches the providers.
   * @throws SetupError without Maven or its repository
   */
  static async startProviders({ on = 'oldest' }: { on?: 'oldest' | 'every' } = {}): Promise<ReferenceJvm[]> {
    return start(async (classes) => {
      const jvms = (await findJvms()).slice(0, on === 'oldest' ? 1 : undefined);
      const jars = await Promise.all(PROVIDERS.map(({ jar }) => mavenJar(jar)));
      return PROVIDERS.flatMap((provider, index) =>
        jvms.map((jvm) => ReferenceJvm.#withProvider(provider, jvm, [classes, jars[index] ?? ''])),
      );
    });
  }

  static #withProvider({ name, jar, className, needsPassword }: JavaProvider, jvm: Jdk, classPath: readonly string[]) {
    const [java, options] = programOn(jvm, FAST_START, classPath);
    return new ReferenceJvm(`${name} ${jar.version} on ${nameOf(jvm)}`, jvm.major, needsPassword, java, [
      ...options,
      className,
    ]);
  }

  /** @throws Error with what the JVM printed, where it does not start */
  async untilReady(): Promise<this> {
    const ready = (await this.#ready).toString();
    if (ready !== 'ready') throw new Error(`${this.name}: ${ready}`);
    return this;
  }

  /** Entries of a keystore in Java's eyes, or why Java refuses it. */
  async load(bytes: Uint8Array, password: string | null = null, type = 'PKCS12'): Promise<LoadedEntry[] | string> {
    const answer = (await this.#ask('load', type, password, bytes)).toString();
    if (!answer.startsWith('ok')) return answer;
    return answer
      .split('\n')
      .slice(1)
      .map((line) => {
        const [, kind, sha256, alias] = /^(\S+) (\S+) (.*)$/u.exec(line) ?? [];
        return { kind, sha256, alias } as LoadedEntry;
      });
  }

  /** Entries of the truststore that we write for such an application, or why Java refuses it. */
  async open(entries: readonly TruststoreEntry[]): Promise<LoadedEntry[] | string> {
    if (!this.needsPassword) return this.load(writePkcs12(entries));
    const password = 'changeit';
    return this.load(writePkcs12(entries, { password }), password);
  }

  /** `ok`, or why Java's CertificateFactory refuses a certificate. */
  async parse(der: Uint8Array): Promise<string> {
    return (await this.#ask('parse', der)).toString();
  }

  /** A keystore as this JDK writes it. */
  async store(
    type: string,
    password: string | null,
    entries: readonly StoredEntry[],
    properties: Readonly<Record<string, string>> = {},
  ): Promise<Buffer> {
    const answer = await this.#ask(
      'store',
      type,
      password,
      Object.entries(properties)
        .map((pair) => pair.join('='))
        .join('\n'),
      entries.map(({ kind = 'trusted' }) => kind).join(','),
      ...entries.flatMap(({ alias, der }) => [alias, der]),
    );
    if (answer.subarray(0, 7).toString() === 'refused') throw new Error(answer.toString());
    return answer;
  }

  /**
   * Nanoseconds that each of several `KeyStore.store` calls takes for the entries of a passwordless PKCS#12, which it
   * writes as we do, without protection: to a stream that drops it, or replacing the file at `path` durably.
   */
  async timeStore(file: Uint8Array, rounds: number, path: string | null): Promise<number[]> {
    const answer = (await this.#ask('time-store', file, String(rounds), path)).toString();
    if (!answer.startsWith('ok ')) throw new Error(answer);
    return answer.slice(3).split(' ').map(Number);
  }

  /** Ends the JVM. */
  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin?.end();
    await ended;
  }

  async #ask(...fields: readonly (string | Uint8Array | null)[]): Promise<Buffer> {
    const answer = this.#answer();
    const parts = [u32(fields.length)];
    for (const field of fields) {
      const bytes = typeof field === 'string' ? Buffer.from(field) : field;
      parts.push(u32(bytes?.length ?? -1), ...(bytes ? [Buffer.from(bytes)] : []));
    }
    this.#child.stdin?.write(Buffer.concat(parts));
    return answer;
  }

  #answer(): Promise<Buffer> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #receive(chunk: Buffer): void {
    this.#received.push(chunk);
    this.#size += chunk.length;
    while (this.#size >= 4) {
      if (this.#received.length > 1 && (this.#received[0]?.length ?? 0) < 4)
        this.#received = [Buffer.concat(this.#received)];
      const length = this.#received[0]?.readInt32BE() ?? 0;
      if (this.#size < 4 + length) return;
      const all = this.#received.length === 1 ? this.#received[0]! : Buffer.concat(this.#received);
      this.#received = all.length > 4 + length ? [all.subarray(4 + length)] : [];
      this.#size -= 4 + length;
      this.#waiting.shift()?.(all.subarray(4, 4 + length));
    }
  }
}

const FAST_START = ['-XX:TieredStopAtLevel=1'];

/** Compiles the program and starts reference JVMs with it. */
async function start(referencesWith: (classes: string) => Promise<ReferenceJvm[]>): Promise<ReferenceJvm[]> {
  const [jdk] = await findJdks();
  if (jdk === undefined) throw new Error('no JDK found; set JAVA_HOME or JAVA_HOMES');
  const classes = mkdtempSync(join(tmpdir(), 'trustcast-reference-'));
  try {
    execFileSync(join(jdk.home, 'bin/javac'), ['--release', '11', '-d', classes, PROGRAM]);
    const references = await referencesWith(classes);
    for (const reference of references) await reference.untilReady();
    process.stderr.write(`references: ${references.map(({ name }) => name).join(', ')}\n`);
    return references;
  } finally {
    rmSync(classes, { recursive: true });
  }
}

function programOn({ home }: Jdk, options: readonly string[], classPath: readonly string[]): [string, string[]] {
  return [join(home, 'bin/java'), [...options, '-cp', classPath.join(':'), 'ReferenceJvm']];
}

function nameOf({ version }: Jdk): string {
  return `JDK ${version}`;
}

function u32(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeInt32BE(value);
  return out;
}
