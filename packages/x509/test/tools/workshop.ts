import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writePkcs12 } from '@trustcast/keystore';
import { pemOf, pkcs7Of, readCertificates } from '../../src/index.js';
import { OUR_FILES, type OurFile, PASSWORD, type ToolRecord } from './records.js';

const run = promisify(execFile);

/** A folder with certificates and keys in PEM for tools to write, and the files of ours for them to read. */
export class Workshop {
  /** Records of all tools so far. */
  readonly records: ToolRecord[] = [];
  readonly certificates: readonly Buffer[];

  private constructor(readonly folder: string) {
    this.certificates = readCertificates(this.file('both.pem')).map((der) => Buffer.from(der));
  }

  /** Makes `root.pem` (RSA) with `key.pem`, both in `key.p12`, and `both.pem` with an EC certificate more, by openssl. */
  static async open(folder: string): Promise<Workshop> {
    const request = ['req', '-x509', '-nodes', '-days', '3650', '-newkey'];
    const openssl = (...args: string[]) => run('openssl', [...request, ...args], { cwd: folder });
    await openssl('rsa:2048', '-keyout', 'key.pem', '-out', 'root.pem', '-subj', '/O=Tools/CN=RSA Root');
    const curve = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
    await openssl(...curve, '-keyout', 'ec-key.pem', '-out', 'ec.pem', '-subj', '/O=Tools/CN=EC Root');
    writeFileSync(
      join(folder, 'both.pem'),
      ['root.pem', 'ec.pem'].map((name) => readFileSync(join(folder, name), 'utf8')).join(''),
    );
    const store = ['pkcs12', '-export', '-in', 'root.pem', '-inkey', 'key.pem', '-name', 'server', '-out', 'key.p12'];
    await run('openssl', [...store, '-passout', `pass:${PASSWORD}`], { cwd: folder });
    const shop = new Workshop(folder);
    const entries = shop.certificates.map((der, index) => ({ alias: `entry-${index}`, der }));
    const ours: Record<OurFile, string | Uint8Array> = {
      plain: writePkcs12(entries),
      mac: writePkcs12(entries, { password: PASSWORD }),
      encrypted: writePkcs12(entries, { password: PASSWORD, encrypt: true }),
      pem: shop.certificates.map(pemOf).join(''),
      der: shop.certificates[0] ?? Buffer.alloc(0),
      p7b: pkcs7Of(shop.certificates),
    };
    for (const [kind, content] of Object.entries(ours))
      writeFileSync(join(folder, OUR_FILES[kind as OurFile].name), content);
    return shop;
  }

  file(name: string): Buffer {
    return readFileSync(join(this.folder, name));
  }

  /** Output of a command, both streams. @throws Error with its last line, or with `code: 'ENOENT'` where it is not installed */
  async command(program: string, args: readonly string[], input = ''): Promise<string> {
    const running = run(program, args, { cwd: this.folder, maxBuffer: 2 ** 24 });
    running.child.stdin?.on('error', () => undefined).end(input);
    try {
      const { stdout, stderr } = await running;
      return stdout + stderr;
    } catch (cause) {
      const failure = cause as Error & { code?: string; stdout?: string; stderr?: string };
      if (failure.code === 'ENOENT') throw failure;
      throw new Error(telling(`${failure.stderr ?? ''}\n${failure.stdout ?? ''}`) ?? failure.message, { cause });
    }
  }

  /** Has a tool write a form into a file of this folder. */
  async write(tool: string, form: string, file: Written, make: () => Promise<unknown>): Promise<void> {
    try {
      await make();
      this.records.push({ did: 'wrote', tool, form, ...file });
    } catch (error) {
      this.records.push({ did: 'failed', tool, form, reason: reasonOf(error) });
    }
  }

  /** Has a tool read a file of ours; `count` gets its output. */
  async read(tool: string, file: OurFile, show: () => Promise<string>, sign: RegExp): Promise<void> {
    try {
      const output = await show();
      const certificates = output.match(sign)?.length ?? 0;
      this.records.push(
        certificates > 0
          ? { did: 'read', tool, file, certificates }
          : { did: 'unread', tool, file, reason: telling(output) ?? 'it shows nothing' },
      );
    } catch (error) {
      this.records.push({ did: 'unread', tool, file, reason: reasonOf(error) });
    }
  }
}

interface Written {
  readonly name: string;
  readonly password: string;
  readonly certificates: number;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The line of a tool's output that says what is wrong, else its last one. */
function telling(output: string): string | undefined {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => /error|exception|invalid|fail|unable|could not/i.test(line)) ?? lines.at(-1);
}
