import { HttpClient, trustedAuthorities } from '@trustcast/http-client';
import type { Config } from '../config.js';
import { ServiceError, UsageError } from '../errors.js';
import { type DevicePrompt, Provider, type WayToSignIn } from './provider.js';
import type { SignInFile, StoredSignIn } from './sign-in-file.js';

/** A token that ends so soon is not begun with. */
const MARGIN_MS = 30_000;
const LIMITS = { idleMs: 15_000, totalMs: 30_000 };

/** A person's sign-in at a service: made, refreshed and ended. */
export class SignIn {
  readonly #service: string;
  readonly #file: SignInFile;
  readonly #client: HttpClient;
  #refreshing: Promise<string> | undefined;

  constructor({ url, ca }: Pick<Config, 'url' | 'ca'>, file: SignInFile) {
    this.#service = url.href;
    this.#file = file;
    this.#client = new HttpClient({ limits: LIMITS, ...(ca !== null && { ca: trustedAuthorities(ca) }) });
  }

  get path(): string {
    return this.#file.path;
  }

  /** @param prompt shows where to sign in, and with which code */
  async begin(way: WayToSignIn, prompt: (shown: DevicePrompt) => void): Promise<void> {
    const { issuer, clientId, parameters, token: kind, scopes } = way;
    const provider = await Provider.discover(way, this.#client);
    const tokens = await provider.signIn(scopes, prompt);
    await this.#file.write({ service: this.#service, issuer, clientId, parameters, kind, ...tokens });
  }

  /** Ends it here, and at the provider where it can be asked. @returns null: nobody was signed in; else what failed there */
  async end(): Promise<{ readonly failed: string | null } | null> {
    return this.#file.locked(async () => {
      const stored = await this.#file.read().catch(() => null);
      if (!(await this.#file.remove())) return null;
      if (!stored?.refreshToken) return { failed: null };
      try {
        await (await this.#providerOf(stored)).revoke(stored.refreshToken);
        return { failed: null };
      } catch (error) {
        return { failed: (error as Error).message };
      }
    });
  }

  /** A token that does not end at once; refreshed where it would. @throws UsageError, ServiceError */
  async token(): Promise<string> {
    const stored = await this.#file.read();
    if (stored === null) throw new UsageError('you are not signed in: run trustcast login');
    if (isFresh(stored)) return stored.token;
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  close(): void {
    this.#client.close();
  }

  #refresh(): Promise<string> {
    return this.#file.locked(async () => {
      // Another process may have done it meanwhile.
      const stored = await this.#file.read();
      if (stored && isFresh(stored)) return stored.token;
      if (!stored?.refreshToken) throw new ServiceError('SIGNED_OUT', 'your sign-in has ended: run trustcast login');
      const tokens = await (await this.#providerOf(stored)).refresh(stored.refreshToken);
      await this.#file.write({ ...stored, ...tokens });
      return tokens.token;
    });
  }

  #providerOf({ issuer, clientId, parameters, kind }: StoredSignIn): Promise<Provider> {
    return Provider.discover({ issuer, clientId, parameters, token: kind }, this.#client);
  }
}

function isFresh({ expiresAt }: StoredSignIn): boolean {
  return expiresAt - MARGIN_MS > Date.now();
}
