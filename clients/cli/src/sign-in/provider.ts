import type { HttpClient } from '@trustcast/http-client';
import * as oidc from 'openid-client';
import { ServiceError } from '../errors.js';
import type { StoredSignIn } from './sign-in-file.js';

/** How to sign in, as the service says it at `/sign-in`. */
export interface WayToSignIn {
  readonly issuer: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  readonly token: StoredSignIn['kind'];
}

export interface DevicePrompt {
  readonly url: string;
  readonly code: string;
}

type Tokens = Pick<StoredSignIn, 'token' | 'expiresAt' | 'refreshToken'>;

const MAX_ANSWER_BYTES = 1024 * 1024;
/** What an access token lasts of which nothing is said. */
const UNSAID_SECONDS = 300;

/** An OpenID Connect provider, as a public client sees it. */
export class Provider {
  readonly #configuration: oidc.Configuration;
  readonly #way: Pick<WayToSignIn, 'issuer' | 'parameters' | 'token'>;

  private constructor(configuration: oidc.Configuration, way: Pick<WayToSignIn, 'issuer' | 'parameters' | 'token'>) {
    this.#configuration = configuration;
    this.#way = way;
  }

  /** @throws ServiceError */
  static async discover(
    way: Pick<WayToSignIn, 'issuer' | 'clientId' | 'parameters' | 'token'>,
    client: HttpClient,
  ): Promise<Provider> {
    const { issuer, clientId } = way;
    const isLocal = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/|$)/.test(issuer);
    const configuration = await asked(issuer, () =>
      oidc.discovery(new URL(issuer), clientId, undefined, oidc.None(), {
        [oidc.customFetch]: fetchBy(client),
        // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so to be noticed; it is for this host alone
        execute: isLocal ? [oidc.allowInsecureRequests] : [],
      }),
    );
    return new Provider(configuration, way);
  }

  /** Signs in by the device authorization grant (RFC 8628): somebody opens a page and enters a code. */
  async signIn(scopes: readonly string[], prompt: (shown: DevicePrompt) => void): Promise<Tokens> {
    const { issuer, parameters } = this.#way;
    return asked(issuer, async () => {
      const scope = scopes.join(' ');
      const device = await oidc.initiateDeviceAuthorization(this.#configuration, { ...parameters, scope });
      prompt({ url: device.verification_uri_complete ?? device.verification_uri, code: device.user_code });
      return this.#tokensOf(
        await oidc.pollDeviceAuthorizationGrant(this.#configuration, device, { ...parameters }),
        null,
      );
    });
  }

  async refresh(refreshToken: string): Promise<Tokens> {
    const { issuer, parameters } = this.#way;
    return asked(issuer, async () =>
      this.#tokensOf(await oidc.refreshTokenGrant(this.#configuration, refreshToken, { ...parameters }), refreshToken),
    );
  }

  async revoke(refreshToken: string): Promise<void> {
    if (this.#configuration.serverMetadata().revocation_endpoint === undefined) return;
    await asked(this.#way.issuer, () =>
      oidc.tokenRevocation(this.#configuration, refreshToken, { token_type_hint: 'refresh_token' }),
    );
  }

  #tokensOf(answer: Awaited<ReturnType<typeof oidc.refreshTokenGrant>>, before: string | null): Tokens {
    const { [this.#way.token]: token, refresh_token: refreshToken = before } = answer;
    if (token === undefined) throw new ServiceError('SIGN_IN', `${this.#way.issuer} gave no ${this.#way.token}`);
    const expiresAt =
      this.#way.token === 'id_token'
        ? (answer.claims()?.exp ?? 0) * 1_000
        : Date.now() + (answer.expiresIn() ?? UNSAID_SECONDS) * 1_000;
    return { token, expiresAt, refreshToken };
  }
}

/** By the client of all requests: with its deadlines and the CAs that are trusted. */
function fetchBy(client: HttpClient): oidc.CustomFetch {
  return async (url, { method, headers, body }) => {
    const answer = await client.send({
      method: method === 'POST' ? 'POST' : 'GET',
      url: new URL(url),
      headers: Object.fromEntries(new Headers(headers)),
      ...(body != null && { body: body instanceof URLSearchParams ? body.toString() : (body as string | Uint8Array) }),
      maxBytes: MAX_ANSWER_BYTES,
    });
    const type = answer.headers['content-type'];
    const isEmpty = [204, 205, 304].includes(answer.status);
    return new Response(isEmpty ? null : new Uint8Array(answer.body), {
      status: answer.status,
      headers: type === undefined ? {} : { 'content-type': type },
    });
  };
}

async function asked<Result>(issuer: string, ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    // The provider's own words; what it was sent is not among them.
    const { error: code, cause } = error as {
      error?: string;
      cause?: { code?: string; message?: string; name?: string };
    };
    if (code === 'invalid_grant')
      throw new ServiceError('SIGNED_OUT', `${issuer} has ended your sign-in: run trustcast login`, { cause: error });
    if (code === 'access_denied') throw new ServiceError('SIGN_IN', `${issuer} refused the sign-in`, { cause: error });
    // Who polls knows by the clock that the code has ended, mostly before the provider is asked again.
    if (code === 'expired_token' || [cause, error as Error].some((each) => each?.name === 'TimeoutError'))
      throw new ServiceError('SIGN_IN', 'nobody entered the code in time: run trustcast login again', { cause: error });
    const why = code ?? cause?.code ?? cause?.message ?? (error as Error).message;
    throw new ServiceError('SIGN_IN', `${issuer} cannot be asked for a sign-in (${why})`, { cause: error });
  }
}
