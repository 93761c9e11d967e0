import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** What a hostile user of the host is told; this file runs as that user, alone. */
export interface Attack {
  /** The agent's folder of status files. */
  readonly jvms: string;
  /** The base that the agent reads, in a folder of this user's, and a good copy of it. */
  readonly base: string;
  readonly goodBase: string;
  /** Where this user may do everything. */
  readonly home: string;
  /** Files of others. */
  readonly victims: readonly string[];
  /** Option by which the agent selects JVMs that it attaches. */
  readonly selected: string;
  readonly java: string;
  readonly classes: string;
  /** A pid that speaks for itself. */
  readonly jvm: number;
}

const attack = JSON.parse(process.argv[2] ?? '') as Attack;
const children = new Set<ChildProcess>();
const counts: Record<string, number> = {};
const MAX_CHILDREN = 24;
const WORDS = { hex: 'a'.repeat(64), escape: '\u001b]0;owned\u0007\u202e\r\nLIVE' };
/** What lies where other processes of this user look too: a JVM that starts hangs at a FIFO there. */
const outside = new Set<string>();
let number = 0;
let turn = 0;
const pick = <T>(all: readonly T[]): T => all[Math.floor(Math.random() * all.length)]!;
const own = (): string => join(attack.home, `f${(number += 1)}`);
const status = (): string =>
  join(attack.jvms, `${pick(['h', '.h', ''])}${number % 500}${pick(['.json', '.json', '.tmp', ''])}`);

/** What may lie where somebody reads. */
function put(path: string): void {
  rmSync(path, { recursive: true, force: true });
  const kind = number % 8;
  if (kind === 0) execFileSync('mkfifo', [path], { stdio: 'ignore' });
  else if (kind === 1) symlinkSync('/dev/zero', path);
  else if (kind === 2) symlinkSync(pick(attack.victims), path);
  else if (kind === 3) linkSync(pick(attack.victims), path);
  else if (kind === 4) writeFileSync(path, Buffer.alloc(65_536, number));
  else if (kind === 5) {
    writeFileSync(path, '');
    truncateSync(path, 2 ** 40);
  } else if (kind === 6) mkdirSync(join(path, 'a', 'b'), { recursive: true });
  else symlinkSync(path, path);
}

function putOutside(path: string): void {
  outside.add(path);
  put(path);
}

function claim(pid: number, over: object = {}): string {
  return JSON.stringify({
    format: 'trustcast-jvm-status/1',
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(),
    pid,
    startTicks: startTicks(pid),
    jdk: { version: pick(['17', WORDS.escape.slice(0, 20)]), vendor: 'x' },
    mainClass: pick(['Stranger', WORDS.escape]),
    agentVersion: '1',
    via: pick(['premain', 'agentmain']),
    file: null,
    state: pick(['LIVE', 'LOADED', 'FAILED', 'UNSUPPORTED']),
    reason: pick([null, WORDS.escape, 'x'.repeat(900)]),
    loaded: null,
    unreadable: Array.from({ length: number % 200 }, (_, at) => `base/one-${at}`),
    alsoInBase: Array.from({ length: number % 240 }, (_, at) => `${at}`.padEnd(255, 'x')),
    lastError: null,
    hookErrors: 0,
    sequence: number,
    writtenAt: new Date().toISOString(),
    ...over,
  });
}

function startTicks(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return 1;
  }
}

function run(command: string, words: readonly string[], options: object, lastsMs: number): void {
  if (children.size >= MAX_CHILDREN) return;
  const child = spawn(command, words, { stdio: 'ignore', ...options });
  children.add(child);
  child.on('error', () => undefined);
  child.on('close', () => children.delete(child));
  setTimeout(() => child.kill('SIGKILL'), lastsMs).unref();
}

const ATTACKS: Readonly<Record<string, () => void>> = {
  'files, links, FIFOs and devices as statuses': () => put(status()),
  'statuses of other processes': () => {
    const pid = pick([attack.jvm, 1, process.pid, process.ppid, ...[...children].map((child) => child.pid ?? 1)]);
    writeFileSync(status(), claim(pid).padEnd(pick([0, 65_536, 1_000_000])));
  },
  'races of rename and symlink': () => {
    const [one, other] = [own(), own()];
    writeFileSync(one, claim(process.pid));
    symlinkSync(pick(attack.victims), other);
    for (let round = 0; round < 50; round += 1) {
      const name = join(attack.jvms, `race${round % 5}.json`);
      renameSync(round % 2 ? one : other, name);
      if (round % 2) writeFileSync(one, claim(process.pid, { sequence: round }));
      else symlinkSync(pick(attack.victims), other);
    }
  },
  'directories that cannot be removed': () => {
    for (let at = 0; at < 100; at += 1) mkdirSync(join(attack.jvms, `d${number}-${at}`, 'x'), { recursive: true });
  },
  'times that are not now': () => {
    const path = status();
    writeFileSync(path, claim(attack.jvm));
    utimesSync(path, pick([0, 4e9]), pick([0, 4e9]));
  },
  'a base that is exchanged': () => {
    const other = own();
    if (number % 3 === 0) copyFileSync(attack.goodBase, other);
    else put(other);
    renameSync(other, attack.base);
  },
  'processes that look like JVMs': () => {
    const jdk = own();
    mkdirSync(join(jdk, 'lib/server'), { recursive: true });
    copyFileSync(libraryToMap(), join(jdk, 'lib/server/libjvm.so'));
    put(join(jdk, 'release'));
    const options = own();
    put(options);
    const words = [
      `-javaagent:${pick(['/x/trustcast-jvm.jar', pick(attack.victims)])}=dir=${pick([attack.jvms.slice(0, -5), jdk, options, '/proc/self/root/proc/1/root', '../'.repeat(900), 'a/'.repeat(2_000)])}`,
      `@${options}`,
      `-XX:VMOptionsFile=${options}`,
      `-XX:Flags=${options}`,
      attack.selected,
    ];
    const idle = "process.on('SIGQUIT',()=>{});setInterval(()=>{},1000)";
    const env = {
      LD_PRELOAD: join(jdk, 'lib/server/libjvm.so'),
      JAVA_OPTS: `${words[0]} `.repeat(50),
      PATH: process.env.PATH,
    };
    run(process.execPath, ['-e', idle, '--', ...words], { argv0: 'java', env, cwd: attack.home }, 8_000);
  },
  'a JVM whose files are exchanged': () => {
    const options = ['-Xmx16m', '-XX:TieredStopAtLevel=1', attack.selected, '-cp', attack.classes, 'Idle'];
    if (turn % 200 < 10)
      run(join(attack.java, 'bin/java'), options, { cwd: attack.home, stdio: ['pipe', 'ignore', 'ignore'] }, 20_000);
    for (const folder of readdirSync('/tmp').filter((name) => name.startsWith('hsperfdata_')))
      for (const child of children)
        try {
          putOutside(join('/tmp', folder, String(child.pid)));
        } catch {
          // Another user's.
        }
  },
  'attach sockets that never end': () => {
    for (const child of children) {
      const path = `/tmp/.java_pid${child.pid}`;
      rmSync(path, { force: true });
      outside.add(path);
      if (number % 2) put(path);
      else {
        const server = createServer((socket) => {
          socket.on('error', () => undefined);
          const flood = setInterval(() => socket.write(Buffer.alloc(65_536, 0x30)), 5);
          setTimeout(() => (clearInterval(flood), socket.destroy(), server.close()), 3_000);
        });
        server.on('error', () => undefined);
        server.listen(path);
        setTimeout(() => server.close(), 5_000);
      }
      try {
        put(join(attack.home, `.attach_pid${child.pid}`));
      } catch {
        // There already.
      }
    }
  },
  'a thousand threads': () => {
    if (turn % 2_000 > 10) return;
    const threads = [
      '-XX:ActiveProcessorCount=64',
      '-XX:+UseParallelGC',
      '-XX:-UseDynamicNumberOfGCThreads',
      '-XX:ParallelGCThreads=1100',
    ];
    run(
      join(attack.java, 'bin/java'),
      ['-Xms32m', ...threads, '-cp', attack.classes, 'Idle'],
      { stdio: ['pipe', 'ignore', 'ignore'] },
      15_000,
    );
  },
  'processes that come and go': () => {
    if (turn % 200 < 10) run('sh', ['-c', 'for i in $(seq 200); do sleep 2 & done; wait'], {}, 4_000);
  },
};

let library = '';
/** Something that any process can have mapped under the name of a JVM. */
function libraryToMap(): string {
  library ||= /\S+\/libm[.-]\S*/.exec(readFileSync('/proc/self/maps', 'latin1'))?.[0] ?? '';
  return library;
}

/** A thousand turns of each make no room for the next. */
function tidy(): void {
  for (const name of readdirSync(attack.home))
    if (/^f\d+$/.test(name)) rmSync(join(attack.home, name), { recursive: true, force: true });
}

const timer = setInterval(() => {
  const name = Object.keys(ATTACKS)[(turn += 1) % Object.keys(ATTACKS).length]!;
  number += 1;
  try {
    ATTACKS[name]!();
    counts[name] = (counts[name] ?? 0) + 1;
  } catch {
    // Refused by the system: the next one.
  }
  if (turn % 3_000 === 0) tidy();
}, 8);
process.once('SIGTERM', () => {
  clearInterval(timer);
  for (const child of children) child.kill('SIGKILL');
  for (const path of outside)
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // Another user's.
    }
  process.stdout.write(`${JSON.stringify(counts)}\n`, () => process.exit(0));
});
process.on('uncaughtException', () => undefined);
