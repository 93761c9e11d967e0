import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '@trustcast/config';
import { SETTINGS, loadConfig } from './config.js';

const GOOD = {
  DATABASE_URL: 'postgresql://user:password@db.example/trustcast',
  NATS_URL: 'tls://nats.example:4222',
  TRUSTCAST_SIGNING_KEY_FILE: '/keys/signing.pem',
};

function problems(env: Record<string, string>, read?: (file: string) => string): readonly string[] {
  try {
    loadConfig(env, read);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  test('has defaults for everything that is not required, and cannot be changed', () => {
    const config = loadConfig(GOOD);
    expect(config).toEqual({
      apiTokenMaxDays: null,
      databaseUrl: GOOD.DATABASE_URL,
      nats: { servers: ['tls://nats.example:4222'], user: null, password: null, ca: null, allowPlain: false },
      natsUsers: null,
      agentNats: { servers: ['tls://nats.example:4222'], user: null, password: null },
      host: '127.0.0.1',
      port: 4000,
      tls: null,
      trustedProxies: [],
      corsOrigins: [],
      rateLimits: { tokenPerSecond: 500, refusedPerMinute: 600 },
      metricsToken: null,
      introspection: true,
      signingKeyFile: '/keys/signing.pem',
      signingCommand: null,
      adminTokenFile: null,
      oidc: { issuers: [], ca: null },
      migrate: true,
      retrieval: { closed: [], proxy: null, timeoutMs: 10_000 },
      retention: { idempotencyKeysDays: 7, leftoversDays: 30, auditDays: null },
      streamReplicas: 1,
      databaseConnections: 37,
      logLevel: 'info',
    });
    expect(Object.isFrozen(config) && Object.isFrozen(config.nats) && Object.isFrozen(config.nats.servers)).toBe(true);
  });

  test('tells all problems at once, by name and rule', () => {
    expect(
      problems({
        DATABASE_URL: 'mysql://x',
        NATS_URL: 'http://nats',
        NATS_USER: 'service',
        TRUSTCAST_PORT: '70000',
        TRUSTCAST_MIGRATE: 'no',
        TRUSTCAST_KEEP_LEFTOVERS_DAYS: '0',
        TRUSTCAST_KEEP_AUDIT_DAYS: '0',
        TRUSTCAST_STREAM_REPLICAS: '6',
        TRUSTCAST_LOG_LEVEL: 'loud',
        TRUSTCAST_RETRIEVE_REFUSE: 'private,public',
        TRUSTCAST_RETRIEVE_PROXY: 'socks://proxy.example',
        TRUSTCAST_PROT: '1',
      }),
    ).toEqual([
      'TRUSTCAST_PROT is not a setting; did you mean TRUSTCAST_PORT?',
      'DATABASE_URL must start with postgresql://',
      'NATS_URL must be nats://host:port or tls://host:port without user and password, several separated by commas',
      'TRUSTCAST_PORT must be a number from 0 to 65535',
      'TRUSTCAST_SIGNING_KEY_FILE is required',
      'TRUSTCAST_MIGRATE must be true or false',
      'TRUSTCAST_RETRIEVE_REFUSE must be private, loopback or private,loopback',
      'TRUSTCAST_RETRIEVE_PROXY must be http://[user:password@]host[:port]',
      'TRUSTCAST_KEEP_LEFTOVERS_DAYS must be a number from 1 to 3650',
      'TRUSTCAST_KEEP_AUDIT_DAYS must be a number from 1 to 3650',
      'TRUSTCAST_STREAM_REPLICAS must be a number from 1 to 5',
      'TRUSTCAST_LOG_LEVEL must be one of debug, info, warn, error, silent',
      'NATS_USER, NATS_PASSWORD: set both or none',
    ]);
  });

  test('never tells a value', () => {
    const secret = 'do-not-tell';
    for (const name of Object.keys(SETTINGS))
      expect(problems({ ...GOOD, NATS_URL: '', [name]: `${secret}\n` }).join()).not.toContain(secret);
  });

  test('reads a secret from its file, but not from both places, and says when it cannot', () => {
    const { DATABASE_URL, ...rest } = GOOD;
    const fromFile = { ...rest, DATABASE_URL_FILE: '/run/secrets/db' };
    expect(loadConfig(fromFile, () => `${DATABASE_URL}\n`).databaseUrl).toBe(DATABASE_URL);
    expect(problems({ ...fromFile, DATABASE_URL }, () => DATABASE_URL)).toEqual([
      'DATABASE_URL and DATABASE_URL_FILE contradict each other: set one of them',
    ]);
    const missing = () => {
      throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    };
    expect(problems(fromFile, missing)).toContain('DATABASE_URL_FILE: /run/secrets/db cannot be read (ENOENT)');
    expect(problems({ ...GOOD, TRUSTCAST_PORT_FILE: '/x' })).toEqual([
      'TRUSTCAST_PORT_FILE is not a setting; did you mean TRUSTCAST_PORT?',
    ]);
  });

  test('lets NATS be reached without TLS on this machine, and on another one only where it is allowed', () => {
    const plain = (name: string, url: string) => ({ ...GOOD, [name]: url });
    for (const name of ['NATS_URL', 'TRUSTCAST_AGENT_NATS_URL']) {
      expect(problems(plain(name, 'nats://127.0.0.1:4222, nats://[::1]:4222, nats://localhost'))).toEqual([]);
      for (const url of ['nats://nats.example:4222', 'tls://nats.example, nats://10.0.0.7'])
        expect(problems(plain(name, url))).toEqual([
          `${name}: nats:// to another machine carries logins in the clear; use tls://, or set TRUSTCAST_ALLOW_PLAIN_NATS=true on a network of its own`,
        ]);
      const allowed = { ...plain(name, 'nats://nats.example:4222'), TRUSTCAST_ALLOW_PLAIN_NATS: 'true' };
      expect(problems(allowed)).toEqual([]);
    }
  });

  test('believes proxies by address and range only, and takes a certificate with its key only', () => {
    const proxies = (text: string) => ({ ...GOOD, TRUSTCAST_TRUSTED_PROXIES: text });
    expect(loadConfig(proxies('10.0.0.0/24, ::1,192.0.2.7')).trustedProxies).toEqual([
      '10.0.0.0/24',
      '::1',
      '192.0.2.7',
    ]);
    for (const text of ['true', '0.0.0.0/0', '10.0.0.0/33', '10.0.0/8', 'proxy.example', 'fe80::1%eth0', ','])
      expect(problems(proxies(text))).toEqual([
        'TRUSTCAST_TRUSTED_PROXIES must be IP addresses or CIDR ranges such as 10.0.0.0/24, separated by commas',
      ]);
    const [certificateFile, keyFile] = ['/tls/cert.pem', '/tls/key.pem'];
    const both = { TRUSTCAST_TLS_CERTIFICATE_FILE: certificateFile, TRUSTCAST_TLS_KEY_FILE: keyFile };
    expect(loadConfig({ ...GOOD, ...both }).tls).toEqual({ certificateFile, keyFile });
    expect(problems({ ...GOOD, TRUSTCAST_TLS_KEY_FILE: keyFile })).toEqual([
      'TRUSTCAST_TLS_CERTIFICATE_FILE, TRUSTCAST_TLS_KEY_FILE: set both or none',
    ]);
  });

  test('opens the API to pages of whole origins only', () => {
    const origins = (text: string) => ({ ...GOOD, TRUSTCAST_CORS_ORIGINS: text });
    const two = ['https://console.example', 'http://localhost:5173'];
    expect(loadConfig(origins(two.join(', '))).corsOrigins).toEqual(two);
    for (const text of ['*', 'null', 'https://console.example/', 'console.example', 'https://*.example/x', 'file:///x'])
      expect(problems(origins(text))).toEqual([
        'TRUSTCAST_CORS_ORIGINS must be origins such as https://console.example, without a path, separated by commas',
      ]);
  });

  test('tells agents another way to NATS when there is one', () => {
    const { agentNats } = loadConfig({
      ...GOOD,
      TRUSTCAST_AGENT_NATS_URL: 'tls://a.example:4222, tls://b.example:4222',
      TRUSTCAST_AGENT_NATS_USER: 'agent',
      TRUSTCAST_AGENT_NATS_PASSWORD: 'p',
    });
    expect(agentNats).toEqual({
      servers: ['tls://a.example:4222', 'tls://b.example:4222'],
      user: 'agent',
      password: 'p',
    });
  });

  test('keeps the users of NATS only with a login of its own that nats-server reads as it is written', () => {
    const kept = { ...GOOD, TRUSTCAST_NATS_USERS_FILE: '/etc/nats/users.conf' };
    const login = { NATS_USER: 'service', NATS_PASSWORD: 'p' };
    expect(loadConfig({ ...kept, ...login, TRUSTCAST_NATS_PID_FILE: '/run/nats.pid' }).natsUsers).toEqual({
      login: { user: 'service', password: 'p' },
      file: '/etc/nats/users.conf',
      pidFile: '/run/nats.pid',
    });
    const refused = [
      'TRUSTCAST_NATS_USERS_FILE needs NATS_USER and NATS_PASSWORD of letters, digits and . @ : / + = - _ only',
    ];
    expect(problems(kept)).toEqual(refused);
    expect(problems({ ...kept, NATS_USER: 'service', NATS_PASSWORD: '$2a$11$hash' })).toEqual(refused);
    const shared = { TRUSTCAST_AGENT_NATS_USER: 'agent', TRUSTCAST_AGENT_NATS_PASSWORD: 'p' };
    expect(problems({ ...kept, ...login, ...shared })).toEqual([
      'TRUSTCAST_AGENT_NATS_USER, TRUSTCAST_NATS_USERS_FILE: set one of them',
    ]);
    expect(problems({ ...GOOD, TRUSTCAST_NATS_PID_FILE: '/run/nats.pid' })).toEqual([
      'TRUSTCAST_NATS_PID_FILE needs TRUSTCAST_NATS_USERS_FILE',
    ]);
  });

  test('says where certificates may be retrieved from, and through what', () => {
    const proxy = 'http://user:p%40ss@proxy.example:3128';
    expect(
      loadConfig({ ...GOOD, TRUSTCAST_RETRIEVE_REFUSE: 'private,loopback', TRUSTCAST_RETRIEVE_PROXY: proxy }).retrieval,
    ).toMatchObject({ closed: ['private', 'loopback'], proxy: new URL(proxy) });
    for (const wrong of ['proxy.example:3128', 'https://proxy.example', 'http://proxy.example/path', 'http://%ff@x'])
      expect(problems({ ...GOOD, TRUSTCAST_RETRIEVE_PROXY: wrong })).toHaveLength(1);
  });
});
