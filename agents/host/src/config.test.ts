import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '@trustcast/config';
import { FLAGS, type NeedsService, SETTINGS, loadConfig } from './config.js';

const PIN = 'k'.repeat(43);
const service = {
  TRUSTCAST_SERVICE_URL: 'https://trustcast.example/base/',
  TRUSTCAST_AGENT_TOKEN: 'token',
  TRUSTCAST_PINNED_KEYS: `${PIN}, ${PIN}`,
};
const problemsOf = (settings: Record<string, string>, needsService: NeedsService = 'no'): readonly string[] => {
  try {
    loadConfig(settings, {
      needsService,
      readFile: () => {
        throw new Error('no such file');
      },
    });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('configuration', () => {
  test('has defaults for everything but the service', () => {
    expect(loadConfig({ PATH: '/usr/bin:/bin' })).toMatchObject({
      environment: 'apimanager',
      directory: '/var/lib/trustcast/apimanager',
      base: { kind: 'jvm-on-path', path: ['/usr/bin', '/bin'] },
      attach: [],
      pemBundle: false,
      logLevel: 'info',
      service: undefined,
    });
    expect(loadConfig({ JAVA_HOME: '/jdk' }).base).toEqual({ kind: 'jvm', home: '/jdk' });
  });

  test('reads what is set', () => {
    const config = loadConfig(
      {
        ...service,
        TRUSTCAST_ENVIRONMENT: 'staging',
        TRUSTCAST_BASE: 'file:/etc/ssl/base.p12',
        TRUSTCAST_JVM_AGENT_JAR: '/opt/trustcast-jvm.jar',
        TRUSTCAST_ATTACH: 'uid=1000; command=-jar app.jar;pid=42',
      },
      { needsService: 'yes' },
    );
    expect(config.directory).toBe('/var/lib/trustcast/staging');
    expect(config.base).toEqual({ kind: 'file', path: '/etc/ssl/base.p12' });
    expect(config.attach).toEqual([
      { kind: 'uid', uid: 1000 },
      { kind: 'command', text: '-jar app.jar' },
      { kind: 'pid', pid: 42 },
    ]);
    expect(config.service?.pinnedKeys).toEqual([PIN, PIN]);
  });

  test('takes a secret from a file without its last line end', () => {
    const { TRUSTCAST_AGENT_TOKEN: _, ...rest } = service;
    const settings = { ...rest, TRUSTCAST_AGENT_TOKEN_FILE: '/run/token' };
    const config = loadConfig(settings, {
      needsService: 'yes',
      readFile: (path) => `from ${path}`.replaceAll(' ', '-') + '\n',
    });
    expect(config.service?.token).toBe('from-/run/token');
  });

  test('names all problems at once', () => {
    const problems = problemsOf(
      {
        TRUSTCAST_SERVICE_URL: 'ftp://x',
        TRUSTCAST_AGENT_TOKEN: 'a b',
        TRUSTCAST_PINNED_KEYS: 'short',
        TRUSTCAST_ENVIRONMENT: 'Not A Name',
        TRUSTCAST_DIRECTORY: 'relative',
        TRUSTCAST_BASE: 'cacerts',
        TRUSTCAST_BASE_PASSWORD_FILE: '/nowhere',
        TRUSTCAST_PEM_BUNDLE: 'yes',
        TRUSTCAST_ATTACH: 'everything',
        TRUSTCAST_LOG_LEVEL: 'loud',
        TRUSTCAST_LOGLEVEL: 'info',
      },
      'yes',
    );
    expect(problems.map((line) => /^\w+/.exec(line)?.[0])).toEqual(
      expect.arrayContaining(
        Object.keys({
          TRUSTCAST_SERVICE_URL: 0,
          TRUSTCAST_AGENT_TOKEN: 0,
          TRUSTCAST_PINNED_KEYS: 0,
          TRUSTCAST_ENVIRONMENT: 0,
          TRUSTCAST_DIRECTORY: 0,
          TRUSTCAST_BASE: 0,
          TRUSTCAST_BASE_PASSWORD_FILE: 0,
          TRUSTCAST_PEM_BUNDLE: 0,
          TRUSTCAST_ATTACH: 0,
          TRUSTCAST_LOG_LEVEL: 0,
          TRUSTCAST_LOGLEVEL: 0,
        }),
      ),
    );
    expect(problems).toHaveLength(11);
    expect(problems.join()).not.toMatch(/ftp|a b|short|Not A Name|relative|everything|loud/);
  });

  test('a selector without a jar, and a secret given twice, contradict themselves', () => {
    expect(problemsOf({ TRUSTCAST_ATTACH: 'uid=1' })).toEqual(['TRUSTCAST_ATTACH needs TRUSTCAST_JVM_AGENT_JAR']);
    const both = { TRUSTCAST_BASE_PASSWORD: 'a', TRUSTCAST_BASE_PASSWORD_FILE: '/b' };
    expect(problemsOf(both)).toContain(
      'TRUSTCAST_BASE_PASSWORD and TRUSTCAST_BASE_PASSWORD_FILE contradict each other: set one of them',
    );
  });

  test('no flag carries a secret, every other setting has one', () => {
    const flags = [...FLAGS.values()];
    const without = Object.keys(SETTINGS).filter((name) => !(flags as string[]).includes(name));
    expect(without).toEqual([
      'TRUSTCAST_ENROLLMENT_TOKEN',
      'TRUSTCAST_AGENT_TOKEN',
      'TRUSTCAST_BASE_PASSWORD',
      'TRUSTCAST_TRUSTSTORE_PASSWORD',
    ]);
  });

  test('takes a password of the truststore that every reader can be given, and never as a flag', () => {
    const named = { TRUSTCAST_TRUSTSTORE_PASSWORD: 'correct horse 42' };
    expect(loadConfig(named).truststorePassword).toBe('correct horse 42');
    expect(loadConfig({}).truststorePassword).toBeUndefined();
    for (const password of ['pässword', 'tab\there'])
      expect(problemsOf({ TRUSTCAST_TRUSTSTORE_PASSWORD: password })).toEqual([
        'TRUSTCAST_TRUSTSTORE_PASSWORD must be printable ASCII, at least one character',
      ]);
    expect(problemsOf({ ...named, TRUSTCAST_TRUSTSTORE_PASSWORD_FILE: '/nowhere' })).toHaveLength(1);
    expect([...FLAGS.keys()]).not.toContain('truststore-password');
    expect(FLAGS.get('truststore-password-file')).toBe('TRUSTCAST_TRUSTSTORE_PASSWORD_FILE');
  });
});
