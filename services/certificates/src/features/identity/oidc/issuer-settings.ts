import type { Parsed } from '@trustcast/config';

/** An identity provider whose tokens are accepted, and how people sign in there. */
export interface IssuerSettings {
  /** As its tokens name it. */
  readonly issuer: string;
  /** What its tokens must be meant for; one of these. */
  readonly audience: readonly string[];
  /** Clients that tokens may have been issued to, by `azp` or `client_id`; null: any. */
  readonly authorizedParties: readonly string[] | null;
  readonly algorithms: readonly string[];
  /** How far its clock may be ahead. */
  readonly clockSkewSeconds: number;
  readonly claims: ClaimPaths;
  /** How the command line and the console sign in; null: they do not. */
  readonly signIn: SignInSettings | null;
}

/** Where the claims are: names from the outermost object to the value. */
export interface ClaimPaths {
  readonly subject: readonly string[];
  readonly name: readonly string[];
  readonly groups: readonly string[];
}

export interface SignInSettings {
  /** A public client: it has no secret. */
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** What else the provider wants to be told, such as `resource` or `audience`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Which of its tokens is the bearer token here. */
  readonly token: 'access_token' | 'id_token';
}

/** Signatures by key pairs. With a shared secret, or none, whoever knows the public key could sign. */
const ALGORITHMS: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'],
  ...['EdDSA', 'Ed25519'],
];
const CLAIMS: ClaimPaths = { subject: ['sub'], name: ['name'], groups: ['groups'] };
const SCOPES = ['openid', 'profile', 'offline_access'];
const MAX_SKEW_SECONDS = 300;
const SKEW_SECONDS = 30;

/** Reads the JSON of the identity providers: an array with an object for each. */
export function parseIssuers(text: string): Parsed<readonly IssuerSettings[]> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { problem: 'must hold JSON' };
  }
  try {
    if (!Array.isArray(json) || json.length === 0)
      throw new Broken('must hold a JSON array with an object for each issuer');
    const issuers = json.map((each, index) => issuerOf(new Members(each, `[${index}]`)));
    const twice = issuers.find(({ issuer }, index) => issuers.findIndex((other) => other.issuer === issuer) !== index);
    if (twice) throw new Broken(`must name each issuer once, and names ${twice.issuer} twice`);
    return { value: issuers };
  } catch (error) {
    if (error instanceof Broken) return { problem: error.message };
    throw error;
  }
}

/** Whether tokens and keys may come from there: over TLS, or from this host. */
export function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  const isLocal = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
  return username === '' && password === '' && (protocol === 'https:' || (protocol === 'http:' && isLocal));
}

function issuerOf(members: Members): IssuerSettings {
  const issuer = members.text('issuer');
  if (!isSafeUrl(issuer) || /[?#]/.test(issuer) || issuer.length > 512)
    throw members.broken('issuer', 'must be an https URL without query, or an http URL of this host');
  const algorithms = members.has('algorithms') ? members.texts('algorithms') : ALGORITHMS;
  const unknown = algorithms.find((algorithm) => !ALGORITHMS.includes(algorithm));
  if (unknown !== undefined) throw members.broken('algorithms', `must be some of ${ALGORITHMS.join(', ')}`);
  const signIn = members.has('signIn') ? signInOf(members.inner('signIn')) : null;
  const settings = {
    issuer,
    audience: members.texts('audience'),
    authorizedParties: members.has('authorizedParties')
      ? [...members.texts('authorizedParties'), ...(signIn ? [signIn.clientId] : [])]
      : null,
    algorithms,
    clockSkewSeconds: members.has('clockSkewSeconds')
      ? members.number('clockSkewSeconds', MAX_SKEW_SECONDS)
      : SKEW_SECONDS,
    claims: members.has('claims') ? claimsOf(members.inner('claims')) : CLAIMS,
    signIn,
  };
  members.end();
  return settings;
}

function claimsOf(members: Members): ClaimPaths {
  const path = (name: keyof ClaimPaths) => (members.has(name) ? members.texts(name) : CLAIMS[name]);
  const claims = { subject: path('subject'), name: path('name'), groups: path('groups') };
  members.end();
  return claims;
}

function signInOf(members: Members): SignInSettings {
  const parameters: Record<string, string> = {};
  if (members.has('parameters')) {
    const inner = members.inner('parameters');
    for (const name of inner.names) parameters[name] = inner.text(name);
  }
  const settings = {
    clientId: members.text('clientId'),
    scopes: members.has('scopes') ? members.texts('scopes') : SCOPES,
    parameters,
    token: members.has('token') ? members.oneOf('token', ['access_token', 'id_token']) : 'access_token',
  };
  members.end();
  return settings;
}

class Broken extends Error {}

/** The members of a JSON object. What is wrong is named by its place, and never shown. */
class Members {
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #place: string;
  readonly #asked = new Set<string>();

  constructor(value: unknown, place: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Broken(`${place} must be an object`);
    this.#object = value as Record<string, unknown>;
    this.#place = place;
  }

  get names(): readonly string[] {
    return Object.keys(this.#object);
  }

  has(name: string): boolean {
    this.#asked.add(name);
    return Object.hasOwn(this.#object, name);
  }

  text(name: string): string {
    const value = this.#value(name);
    if (typeof value === 'string' && value !== '') return value;
    throw this.broken(name, 'must be a text');
  }

  oneOf<Word extends string>(name: string, words: readonly Word[]): Word {
    const text = this.text(name);
    const found = words.find((word) => word === text);
    if (found === undefined) throw this.broken(name, `must be ${words.join(' or ')}`);
    return found;
  }

  /** One text is a list of one. */
  texts(name: string): readonly string[] {
    const value = this.#value(name);
    const list = Array.isArray(value) ? (value as unknown[]) : [value];
    if (list.length > 0 && list.every((each): each is string => typeof each === 'string' && each !== '')) return list;
    throw this.broken(name, 'must be a text, or a list of texts');
  }

  number(name: string, most: number): number {
    const value = this.#value(name);
    if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most) return value as number;
    throw this.broken(name, `must be a number from 0 to ${most}`);
  }

  inner(name: string): Members {
    return new Members(this.#value(name), `${this.#place}.${name}`);
  }

  broken(name: string, rule: string): Broken {
    return new Broken(`${this.#place}.${name} ${rule}`);
  }

  /** @throws Broken where there is a member that nobody asked for */
  end(): void {
    const unknown = this.names.find((name) => !this.#asked.has(name));
    if (unknown !== undefined)
      throw new Broken(`${this.#place} must have no other members than ${[...this.#asked].sort().join(', ')}`);
  }

  #value(name: string): unknown {
    if (!this.has(name)) throw this.broken(name, 'is missing');
    return this.#object[name];
  }
}
