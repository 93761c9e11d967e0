import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, type JWTHeaderParameters, type JWTPayload, SignJWT, exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

export const CLIENT = 'trustcast-cli';
export const AUDIENCE = 'https://trustcast.test';
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
const LIFETIME_S = 300;

export interface UserOfIssuer {
  readonly groups?: readonly string[];
  readonly name?: string;
  readonly lifetimeS?: number;
}

/** Claims; undefined: without this one. */
type Claims = { readonly [Name in keyof JWTPayload]: JWTPayload[Name] | undefined };

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An OpenID Connect provider on loopback, whose keys and manners can be changed. */
export class TestIssuer {
  readonly #server: Server;
  readonly url: string;
  #provider: Provider;
  #key: CryptoKey;
  kid: string;
  #manners: Handler | undefined;
  /** Paths that were asked for. */
  readonly asked: string[] = [];
  readonly #users: Map<string, UserOfIssuer>;

  private constructor(server: Server, made: Made, users: Map<string, UserOfIssuer>) {
    this.#server = server;
    this.#users = users;
    this.url = urlOf(server);
    this.#provider = made.provider;
    this.#key = made.key;
    this.kid = made.kid;
    server.on('request', (request, response) => {
      this.asked.push(request.url ?? '');
      if (this.#manners) this.#manners(request, response);
      else void this.#provider.callback()(request, response);
    });
  }

  static async start(): Promise<TestIssuer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const users = new Map<string, UserOfIssuer>();
    return new TestIssuer(server, await makeProvider(urlOf(server), 'key-1', users), users);
  }

  get provider(): Provider {
    return this.#provider;
  }

  get key(): CryptoKey {
    return this.#key;
  }

  /** As the service's file of issuers names it. */
  settings(more: object = {}): object {
    return {
      issuer: this.url,
      audience: AUDIENCE,
      authorizedParties: [CLIENT],
      clockSkewSeconds: 5,
      signIn: {
        clientId: CLIENT,
        scopes: ['openid', 'offline_access', 'trustcast'],
        parameters: { resource: AUDIENCE },
      },
      ...more,
    };
  }

  /** What it answers instead of itself; undefined: itself. */
  behave(manners: Handler | undefined): void {
    this.#manners = manners;
  }

  know(subject: string, user: UserOfIssuer): void {
    this.#users.set(subject, user);
  }

  /** An access token, as the provider makes it. */
  async tokenOf(subject: string, user: UserOfIssuer = {}): Promise<string> {
    this.know(subject, user);
    const { AccessToken, Client, ResourceServer } = this.#provider;
    const client = await Client.find(CLIENT);
    const token = new AccessToken({ accountId: subject, client, scope: 'trustcast' } as never);
    token.resourceServer = new ResourceServer(AUDIENCE, { ...resourceServer(user.lifetimeS), scope: 'trustcast' });
    return token.save();
  }

  /** A token with any claims, signed with the provider's key. */
  async sign(claims: Claims = {}, header: Partial<JWTHeaderParameters> = {}, key = this.#key): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const standard = { iss: this.url, aud: AUDIENCE, sub: 'somebody', azp: CLIENT, iat: now, exp: now + LIFETIME_S };
    return new SignJWT({ ...standard, ...claims } as JWTPayload)
      .setProtectedHeader({ alg: 'RS256', kid: this.kid, ...header })
      .sign(key);
  }

  /** Signs with another key from now on, and publishes that alone. */
  async rotate(kid: string): Promise<void> {
    const made = await makeProvider(this.url, kid, this.#users);
    [this.#provider, this.#key, this.kid] = [made.provider, made.key, made.kid];
  }

  /** Does what a person does who opens the page and enters the code that the command line shows. */
  async approve(userCode: string, subject: string): Promise<void> {
    const { DeviceCode, Grant } = this.#provider;
    const code = await DeviceCode.findByUserCode(userCode.replaceAll('-', ''));
    if (!code) throw new Error('there is no such code');
    const grant = new Grant({ accountId: subject, clientId: CLIENT });
    grant.addOIDCScope('openid offline_access');
    grant.addResourceScope(AUDIENCE, 'trustcast');
    Object.assign(code, {
      accountId: subject,
      grantId: await grant.save(),
      scope: 'openid offline_access trustcast',
      resource: AUDIENCE,
      authTime: Math.floor(Date.now() / 1_000),
      claims: {},
    });
    // Its types know no lifetime.
    await (code.save as (lifetimeS: number) => Promise<string>).call(code, 600);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

interface Made {
  readonly provider: Provider;
  readonly key: CryptoKey;
  readonly kid: string;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function resourceServer(lifetimeS = LIFETIME_S) {
  return {
    scope: 'trustcast',
    audience: AUDIENCE,
    accessTokenFormat: 'jwt' as const,
    accessTokenTTL: lifetimeS,
    jwt: { sign: { alg: 'RS256' as const } },
  };
}

async function makeProvider(url: string, kid: string, users: ReadonlyMap<string, UserOfIssuer>): Promise<Made> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' };
  const provider = new Provider(url, {
    jwks: { keys: [jwk] },
    clients: [
      {
        client_id: CLIENT,
        token_endpoint_auth_method: 'none',
        application_type: 'native',
        grant_types: [DEVICE_CODE, 'refresh_token'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    scopes: ['openid', 'offline_access', 'trustcast'],
    cookies: { keys: ['test'] },
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    extraTokenClaims: (_context, token) => {
      const { groups = [], name } = users.get((token as { accountId?: string }).accountId ?? '') ?? {};
      return { groups, ...(name !== undefined && { name }) };
    },
    expiresWithSession: () => false,
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    features: {
      deviceFlow: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => resourceServer(),
      },
    },
  });
  return { provider, key: privateKey, kid };
}
