import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { JavaProcess, agentJar, testClasses } from './java-process.js';
import { findJdks, type Jdk } from './jdks.js';

/** The status file of a JVM, as far as the tests read it. */
export interface JvmStatus {
  readonly pid: number;
  readonly state: string;
  readonly reason: string | null;
  readonly via: string;
  readonly agentVersion: string;
  readonly file: { path: string; device: string; inode: string } | null;
  readonly loaded: { sha256: string; managed: number; base: number } | null;
  readonly alsoInBase: string[];
  readonly lastError: { at: string; message: string } | null;
  readonly hookErrors: number;
  readonly patched: string[];
  readonly instances: { file: number; default: number; other: number };
  readonly otherTrust: { kind: string; name: string; count: number }[];
  readonly olderConnections: number | null;
  readonly partial: string[];
  readonly maxEntries: number;
  readonly sequence: number;
}

const DEADLINE_MS = 20_000;

/** One directory with a truststore, the lab that writes it, and the JVMs under test. */
export class World {
  private readonly subjects: JavaProcess[] = [];

  private constructor(
    readonly lab: JavaProcess,
    /** What the agent's option dir names. */
    readonly directory: string,
  ) {}

  /**
   * The lab has the identities partner (self-signed) and other (self-signed) and the marker. It may be a program that does
   * more than Lab.
   */
  static async create(parent = tmpdir(), program = 'Lab', classPath = testClasses): Promise<World> {
    const directory = mkdtempSync(join(parent, 'trustcast-jvm-'));
    // As a host agent's: one that runs beside the tests leaves its JVMs to it.
    for (const folder of ['jvms', 'state']) mkdirSync(join(directory, folder));
    const passwordless = ['certProtectionAlgorithm', 'macAlgorithm'].map((name) => `-Dkeystore.pkcs12.${name}=NONE`);
    const lab = await JavaProcess.start(findJdks()[0], program, [...passwordless, '-Xmx1g'], [], classPath);
    for (const name of ['marker', 'partner', 'other']) await lab.do('self', name);
    return new World(lab, directory);
  }

  /** The truststore file. */
  get truststore(): string {
    return join(this.directory, 'truststore.p12');
  }

  /** A path beside the truststore that nothing watches. */
  path(name: string): string {
    return join(this.directory, name);
  }

  /** Replaces the truststore by one with these entries (alias=identity) and the marker; answers its SHA-256. */
  async deploy(...entries: string[]): Promise<string> {
    const answer = await this.lab.do('store', this.truststore, 'trustcast/marker=marker', ...entries);
    return answer.split(' ')[0] ?? '';
  }

  /** Starts an HTTPS server with this identity; answers its port. */
  async serve(identity: string, protocol = 'TLSv1.3,TLSv1.2', clients = ''): Promise<number> {
    return Number(await this.lab.do('serve', `${identity}-${protocol}`, identity, protocol, clients));
  }

  /** Starts an application, with the agent when it is to come with the JVM. */
  async subject(
    jdk: Jdk,
    via: 'premain' | 'agentmain' | 'none',
    jvmOptions: string[] = [],
    args: string[] = [],
  ): Promise<JavaProcess> {
    const agent = via === 'premain' ? [`-javaagent:${agentJar}=dir=${this.directory}`] : [];
    const allowed = jdk.major >= 21 ? ['-XX:+EnableDynamicAgentLoading'] : [];
    const subject = await JavaProcess.start(jdk, 'Subject', [...agent, ...allowed, ...jvmOptions], args);
    this.subjects.push(subject);
    return subject;
  }

  /** Attaches the agent to a running JVM. */
  async attach(subject: JavaProcess, options = `dir=${this.directory}`, jar = agentJar): Promise<void> {
    await this.lab.do('attach', subject.pid, jar, options);
  }

  /** The JVM's status file, or undefined while there is none. */
  status(subject: { readonly pid: number }): JvmStatus | undefined {
    const folder = join(this.directory, 'jvms');
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
      const status = JSON.parse(readFileSync(join(folder, name), 'utf8')) as JvmStatus;
      if (status.pid === subject.pid) return status;
    }
    return undefined;
  }

  /** Waits until the JVM's status is as wanted. */
  async until(subject: { readonly pid: number }, wanted: (status: JvmStatus) => boolean): Promise<JvmStatus> {
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      const status = this.status(subject);
      if (status !== undefined && wanted(status)) return status;
      if (Date.now() > deadline) throw new Error(`never reached; the status is ${JSON.stringify(status)}`);
      await delay(5);
    }
  }

  /** Waits until the JVM claims LIVE for this file. */
  async untilLive(subject: JavaProcess, sha256: string): Promise<JvmStatus> {
    return this.until(subject, (status) => status.state === 'LIVE' && status.loaded?.sha256 === sha256);
  }

  /** Ends the applications. */
  async stopSubjects(): Promise<void> {
    for (const subject of this.subjects.splice(0)) await subject.stop();
  }

  /** Ends everything. */
  async close(): Promise<void> {
    await this.stopSubjects();
    await this.lab.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
