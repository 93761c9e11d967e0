import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { type SecureContextOptions, type Server, createSecureContext } from 'node:tls';
import type { Log } from '@trustcast/config';
import { causeOf } from '../problems/cause.js';
import type { ProblemReports } from '../problems/problem-reports.js';
import { StartError, explainFile } from '../start-error.js';

/** Where the certificate of the service, with its chain, and its key lie. */
export interface TlsFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

interface Pair {
  readonly cert: string;
  readonly key: string;
  readonly certificate: X509Certificate;
}

/** How often the files are read: what renews them may replace links, of which no watcher tells. */
const LOOK_MS = 1_000;
const HANDSHAKE_MS = 10_000;
const PROBLEM = 'TLS_FILES_UNUSABLE';

/** The certificate that the service shows, from files that may be replaced at any time. */
export class ServerTls {
  readonly #files: TlsFiles;
  readonly #servers = new Set<Server>();
  #pair: Pair;
  /** What the files held when they could not be used; it is told once, and when it is still there at the next look. */
  #doubtful: string | undefined;
  #refused: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** How often files that had changed could be used, and could not. */
  readonly reloads = { loaded: 0, refused: 0 };

  private constructor(files: TlsFiles, pair: Pair) {
    this.#files = files;
    this.#pair = pair;
  }

  /** @throws StartError */
  static async open(files: TlsFiles): Promise<ServerTls> {
    return new ServerTls(files, pairOf(await readTexts(files)));
  }

  /** Options of a server that shows the certificate from the beginning; {@link keep} goes on with it. */
  get options(): SecureContextOptions & { readonly handshakeTimeout: number } {
    return { ...contextOf(this.#pair), handshakeTimeout: HANDSHAKE_MS };
  }

  /** When the certificate that is shown ends, in milliseconds since the Unix epoch. */
  get expiresAt(): number {
    return Date.parse(this.#pair.certificate.validTo);
  }

  /** Shows new certificates on a server, to those who connect from then on. */
  keep(server: Server): void {
    this.#servers.add(server);
    server.once('close', () => this.#servers.delete(server));
  }

  watch(problems: ProblemReports, log: Log): void {
    const again = () => {
      this.#timer = setTimeout(() => void this.look(problems, log).then(again), LOOK_MS).unref();
    };
    again();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Reads the files again. A pair that cannot be used changes nothing. */
  async look(problems: ProblemReports, log: Log): Promise<void> {
    let content = '';
    try {
      const texts = await readTexts(this.#files);
      content = texts.join('\0');
      if (content !== [this.#pair.cert, this.#pair.key].join('\0')) {
        const pair = pairOf(texts);
        if (isOver(pair) && !isOver(this.#pair)) throw unusable('has expired; the one before is still valid');
        for (const server of this.#servers) server.setSecureContext(contextOf(pair));
        this.#pair = pair;
        this.reloads.loaded += 1;
        log.info('the TLS certificate was replaced', { validTo: new Date(this.expiresAt).toISOString() });
      }
      this.#doubtful = undefined;
      this.#refused = undefined;
      problems.ended(PROBLEM, 'the files of the TLS certificate can be used again');
    } catch (error) {
      const state = content || causeOf(error);
      // Two files are never replaced at once: what is half done is seen for one look.
      if (state !== this.#doubtful) {
        this.#doubtful = state;
        return;
      }
      if (state !== this.#refused) this.reloads.refused += 1;
      this.#refused = state;
      problems.began(PROBLEM, 'the files of the TLS certificate cannot be used; the one before is shown', error);
    }
  }
}

function contextOf({ cert, key }: Pair): SecureContextOptions {
  return { cert, key, minVersion: 'TLSv1.2' };
}

function isOver({ certificate }: Pair): boolean {
  return Date.parse(certificate.validTo) <= Date.now();
}

async function readTexts({ certificateFile, keyFile }: TlsFiles): Promise<[cert: string, key: string]> {
  const cert = await readFile(certificateFile, 'utf8').catch((error: unknown) => {
    throw explainFile(error, 'TRUSTCAST_TLS_CERTIFICATE_FILE', 'the file of the TLS certificate');
  });
  const key = await readFile(keyFile, 'utf8').catch((error: unknown) => {
    throw explainFile(error, 'TRUSTCAST_TLS_KEY_FILE', 'the file of the TLS key');
  });
  if (((await stat(keyFile)).mode & 0o007) !== 0)
    throw unusable('has a key that everybody on this machine may read: chmod o= the file of TRUSTCAST_TLS_KEY_FILE');
  return [cert, key];
}

/** @throws StartError */
function pairOf([cert, key]: readonly [string, string]): Pair {
  const certificate = attempt(
    () => new X509Certificate(cert),
    'must begin with a certificate in PEM, with those of its chain behind it',
  );
  const privateKey = attempt(
    () => createPrivateKey(key),
    'has no key: TRUSTCAST_TLS_KEY_FILE must hold a private key in PEM without a password',
  );
  if (!certificate.checkPrivateKey(privateKey)) throw unusable('is of another key than TRUSTCAST_TLS_KEY_FILE holds');
  const pair = { cert, key, certificate };
  attempt(() => createSecureContext(contextOf(pair)), 'cannot be used for TLS');
  return pair;
}

function attempt<T>(work: () => T, problem: string): T {
  try {
    return work();
  } catch (cause) {
    throw unusable(problem, cause);
  }
}

function unusable(problem: string, cause?: unknown): StartError {
  return new StartError(PROBLEM, `the certificate of TRUSTCAST_TLS_CERTIFICATE_FILE ${problem}`, cause);
}
