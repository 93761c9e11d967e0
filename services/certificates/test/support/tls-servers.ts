import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import { type AddressInfo, type Server as NetServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unpackDebianPackage } from '@trustcast/dev/backends/debian-package.mjs';
import { findJdks } from '@trustcast/dev/setup/find-jdks.mjs';
import { loopbackPort } from '@trustcast/dev/backends/loopback-port.mjs';
import { until } from './harness.js';
import { PRIVATE_KEY_PEM } from './make-certificate.js';

const cacheDir = fileURLToPath(new URL('../../../../../.trustcast/cache', import.meta.url));

const ANYTHING_GOES = `
openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = weak
[weak]
CipherString = DEFAULT@SECLEVEL=0
MinProtocol = TLSv1
`;

const SMALL_GROUP = `
import java.io.*; import java.net.*; import java.security.*; import javax.net.ssl.*;
public class SmallGroup {
  public static void main(String[] args) throws Exception {
    Security.setProperty("jdk.tls.disabledAlgorithms", "");
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(KeyStore.getInstance(new File(args[0]), "x".toCharArray()), "x".toCharArray());
    SSLContext context = SSLContext.getInstance("TLSv1.2");
    context.init(keys.getKeyManagers(), null, null);
    SSLServerSocketFactory factory = context.getServerSocketFactory();
    SSLServerSocket server = (SSLServerSocket) factory.createServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    server.setEnabledCipherSuites(new String[] {"TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"});
    System.out.println("ACCEPT " + server.getLocalPort());
    while (true) {
      try (SSLSocket socket = (SSLSocket) server.accept()) { socket.startHandshake(); }
      catch (IOException refused) { System.err.println(refused); }
    }
  }
}`;

/** Real servers; `stop` ends all that were started. */
export class TlsServers {
  readonly #folder = mkdtempSync(join(tmpdir(), 'trustcast-tls-'));
  readonly #ends: (() => Promise<unknown>)[] = [];
  #files = 0;

  /** `openssl s_server` with a certificate and those that it sends behind it. @returns its port */
  async openssl(
    [own = '', ...chain]: readonly string[],
    {
      args = [],
      key = PRIVATE_KEY_PEM,
      host = '127.0.0.1',
    }: { args?: readonly string[]; key?: string; host?: string } = {},
  ): Promise<number> {
    const chainArgs = chain.length > 0 ? ['-cert_chain', this.file(chain.join(''))] : [];
    const certificate = ['-cert', this.file(own), '-key', this.file(key)];
    // Machines and builds of OpenSSL differ in what they call too weak: a server of old speaks what it is told to.
    const env = { PATH: process.env.PATH, OPENSSL_CONF: this.file(ANYTHING_GOES) };
    const options = ['s_server', '-accept', `${host}:0`, ...certificate, ...chainArgs, ...args];
    const server = this.#spawn('openssl', options, env);
    return Number(await said(server, /^ACCEPT .*:(\d+)$/m));
  }

  /** A server of the JDK for TLS 1.2 whose Diffie-Hellman group has 768 bits, which OpenSSL's own refuses to have. */
  async smallGroup(pem: string, key: string): Promise<number> {
    const store = this.file('');
    const [cert, keyFile] = [this.file(pem), this.file(key)];
    const made = ['pkcs12', '-export', '-in', cert, '-inkey', keyFile, '-out', store, '-passout', 'pass:x'];
    execFileSync('openssl', made);
    const source = `${this.file('')}.java`;
    writeFileSync(source, SMALL_GROUP);
    const [jdk] = await findJdks();
    const options = ['-Djdk.tls.ephemeralDHKeySize=legacy', '-XX:TieredStopAtLevel=1', source, store];
    const server = this.#spawn(join(jdk?.home ?? '', 'bin/java'), options);
    return Number(await said(server, /^ACCEPT (\d+)$/m));
  }

  /** OpenLDAP's slapd; without a certificate it has no StartTLS. */
  async slapd(chain: readonly string[]): Promise<{ ldap: number; ldaps: number }> {
    const [ldap, ldaps] = await Promise.all([loopbackPort(), loopbackPort()]);
    const config = this.file(
      chain.length === 0
        ? ''
        : `TLSCertificateFile ${this.file(chain.join(''))}\nTLSCertificateKeyFile ${this.file(PRIVATE_KEY_PEM)}\n`,
    );
    const urls = [`ldap://127.0.0.1:${ldap}`, ...(chain.length > 0 ? [`ldaps://127.0.0.1:${ldaps}`] : [])];
    const { file, libraries } = await findSlapd();
    const env = { PATH: process.env.PATH, ...(libraries && { LD_LIBRARY_PATH: libraries }) };
    await said(this.#spawn(file, ['-f', config, '-h', urls.join(' '), '-d', '256'], env), /slapd starting/);
    // It listens a moment after it says so.
    for (const port of urls.length > 1 ? [ldap, ldaps] : [ldap]) await until(() => answers(port), Boolean);
    return { ldap, ldaps };
  }

  /** A proxy for CONNECT alone. `asked` are the authorities it was asked for, `credentials` what came with them. */
  async proxy(status = 200): Promise<{ url: URL; asked: string[]; credentials: (string | undefined)[] }> {
    const [asked, credentials]: [string[], (string | undefined)[]] = [[], []];
    const server = createServer().on('connect', ({ url = '', headers }, socket, head) => {
      asked.push(url);
      credentials.push(headers['proxy-authorization']);
      if (status !== 200) {
        socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
        return;
      }
      const { hostname, port } = new URL(`http://${url}`);
      const target = connect(Number(port), hostname.replace(/[[\]]/g, ''), () => {
        socket.write('HTTP/1.1 200 Yes\r\n\r\n');
        target.write(head);
        socket.pipe(target).pipe(socket);
      });
      for (const end of [socket, target]) end.on('error', () => (socket.destroy(), target.destroy()));
    });
    return { url: new URL(`http://127.0.0.1:${await this.listen(server)}`), asked, credentials };
  }

  /** Listens on a free port of 127.0.0.1. */
  async listen(server: Server | NetServer): Promise<number> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#ends.push(() => Promise.resolve(server.close()));
    return (server.address() as AddressInfo).port;
  }

  file(content: string): string {
    const file = join(this.#folder, String(++this.#files));
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  }

  async stop(): Promise<void> {
    for (const end of this.#ends.splice(0)) await end();
    rmSync(this.#folder, { recursive: true });
  }

  #spawn(command: string, args: readonly string[], env: NodeJS.ProcessEnv = { PATH: process.env.PATH }): ChildProcess {
    // s_server hangs up when its standard input ends.
    const child = spawn(command, args, { env, stdio: 'pipe' });
    const closed = once(child, 'close');
    this.#ends.push(() => (child.kill('SIGKILL'), closed));
    return child;
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Waits for a child to print something. */
function said(child: ChildProcess, pattern: RegExp): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (text: Buffer) => {
        output += text.toString();
        const match = pattern.exec(output);
        if (match) resolve(match[1] ?? '');
      });
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`it ended with ${code}:\n${output}`)));
  });
}

async function findSlapd(): Promise<{ file: string; libraries?: string }> {
  const installed = '/usr/sbin/slapd';
  if (existsSync(installed)) return { file: installed };
  const folders: string[] = [];
  for (const name of ['slapd', 'libltdl7', 'libwrap0']) folders.push(await unpackDebianPackage({ name, cacheDir }));
  const libraries = folders.flatMap((folder) => {
    const lib = join(folder, 'usr', 'lib');
    return readdirSync(lib)
      .filter((entry) => entry.endsWith('-linux-gnu'))
      .map((entry) => join(lib, entry));
  });
  return { file: join(folders[0] ?? '', 'usr', 'sbin', 'slapd'), libraries: libraries.join(delimiter) };
}
