import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { runMain } from '../support/service-process.js';
import { useHarness } from '../support/use-harness.js';

type Env = Record<string, string>;
const NATS_LOGIN = { NATS_USER: 'service', NATS_PASSWORD: 'secret' };
const harness = useHarness();
let admin: Client;
const here = (name: string) => join(harness.folder, name);
const url = (change: (url: URL) => void) => {
  const made = new URL(harness.databaseUrl);
  change(made);
  return made.href;
};

beforeAll(async () => {
  admin = new Client({ connectionString: url((at) => (at.pathname = '/postgres')) });
  await admin.connect();
  harness.onStop(() => admin.end());
  const { rows } = await admin.query<{ name: string }>('SELECT current_user AS name');
  expect(rows).toHaveLength(1);
});

/** A database or a role of the test's own, which goes with it. */
async function make(kind: 'DATABASE' | 'ROLE', name: string, rest: string): Promise<void> {
  await admin.query(`DROP ${kind} IF EXISTS ${name}`);
  await admin.query(`CREATE ${kind} ${name} ${rest}`);
  harness.onStop(() => admin.query(`DROP ${kind} IF EXISTS ${name}`));
}

const unreadableFolder = (name: string) => {
  writeFileSync(here(name), 'a file where a folder is needed');
  return join(here(name), 'below');
};

describe('what keeps the service from starting is one sentence with its cure, and exit code 78', () => {
  const table: [string, RegExp, () => Env | Promise<Env>][] = [
    ['no settings', /DATABASE_URL or DATABASE_URL_FILE is required/, () => ({ DATABASE_URL: '', NATS_URL: '' })],
    [
      'a misspelt setting',
      /TRUSTCAST_PROT is not a setting; did you mean TRUSTCAST_PORT/,
      () => ({ TRUSTCAST_PROT: '1' }),
    ],
    ['an @ in the password', /@ is %40/, () => ({ DATABASE_URL: 'postgresql://user:p@ss@127.0.0.1:5432/db' })],
    ['a / in the password', /@ is %40/, () => ({ DATABASE_URL: 'postgresql://user:p/s@127.0.0.1:5432/db' })],
    ['a # in the password', /@ is %40|is no URL/, () => ({ DATABASE_URL: 'postgresql://user:p#s@127.0.0.1:5432/db' })],
    ['a % in the password', /percent-encoded/, () => ({ DATABASE_URL: 'postgresql://user:p%s@127.0.0.1:5432/db' })],
    [
      'a URL without a database',
      /must name a database/,
      () => ({ DATABASE_URL: 'postgresql://user:p@127.0.0.1:5432' }),
    ],
    ['a URL of something else', /must start with postgresql/, () => ({ DATABASE_URL: 'mysql://user:p@127.0.0.1/db' })],
    ['a NATS URL with a login', /NATS_URL must be/, () => ({ NATS_URL: 'nats://a:b@127.0.0.1:4222' })],
    ['a NATS port that is none', /NATS_URL must be/, () => ({ NATS_URL: 'nats://127.0.0.1:99999' })],
    ['a NATS address cut off', /NATS_URL must be/, () => ({ NATS_URL: 'nats://[::1' })],
    ['a port that is none', /TRUSTCAST_PORT must be/, () => ({ TRUSTCAST_PORT: 'http' })],
    [
      'a secret file that is not there',
      /DATABASE_URL_FILE: .* cannot be read/,
      () => ({ DATABASE_URL: '', DATABASE_URL_FILE: here('none') }),
    ],
    [
      'a wrong password',
      /refuses the login; set user and password/,
      () => ({ DATABASE_URL: url((at) => (at.password = 'wrong')) }),
    ],
    [
      'an unknown user',
      /refuses the login; set user and password/,
      () => ({ DATABASE_URL: url((at) => (at.username = 'nobody_here')) }),
    ],
    [
      'a missing password',
      /set one in DATABASE_URL|refuses the login/,
      () => ({ DATABASE_URL: url((at) => (at.password = '')) }),
    ],
    [
      'an unknown database',
      /does not exist; create it/,
      () => ({ DATABASE_URL: url((at) => (at.pathname = '/not_there')) }),
    ],
    [
      'a user without rights',
      /lacks a right; grant it/,
      async () => {
        await make('ROLE', 'trustcast_powerless', `LOGIN PASSWORD 'powerless'`);
        const database = `trustcast_rights_${process.pid}`;
        await make('DATABASE', database, '');
        const at = url((made) => (made.pathname = `/${database}`));
        const owner = new Client({ connectionString: at });
        await owner.connect();
        await owner.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
        await owner.end();
        return {
          DATABASE_URL: url((made) => {
            Object.assign(made, { pathname: `/${database}`, username: 'trustcast_powerless', password: 'powerless' });
          }),
        };
      },
    ],
    [
      'a database in SQL_ASCII',
      /has the encoding SQL_ASCII; make one by CREATE DATABASE/,
      async () => {
        const database = `trustcast_ascii_${process.pid}`;
        await make('DATABASE', database, `ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`);
        return { DATABASE_URL: url((at) => (at.pathname = `/${database}`)) };
      },
    ],
    [
      'tables of another program',
      /holds tables of something else; name an empty one/,
      async () => {
        const database = `trustcast_foreign_${process.pid}`;
        await make('DATABASE', database, '');
        const at = url((made) => (made.pathname = `/${database}`));
        const owner = new Client({ connectionString: at });
        await owner.connect();
        await owner.query('CREATE TABLE environments (x integer)');
        await owner.end();
        return { DATABASE_URL: at };
      },
    ],
    [
      'a database that takes no connections',
      /takes no connections; allow them/,
      async () => {
        const database = `trustcast_closed_${process.pid}`;
        await make('DATABASE', database, 'ALLOW_CONNECTIONS false');
        return { DATABASE_URL: url((at) => (at.pathname = `/${database}`)) };
      },
    ],
    [
      'a statement_timeout that nothing keeps',
      /ends statements before they are done; raise statement_timeout/,
      async () => {
        const database = `trustcast_hurried_${process.pid}`;
        await make('DATABASE', database, '');
        return {
          DATABASE_URL: url((at) => Object.assign(at, { pathname: `/${database}`, search: '?statement_timeout=1' })),
        };
      },
    ],
    [
      'a CA file that is not there',
      /there is no file \/not\/there.pem, which DATABASE_URL names/,
      () => ({ DATABASE_URL: url((at) => (at.search = '?sslmode=verify-full&sslrootcert=/not/there.pem')) }),
    ],
    [
      'TLS asked of a PostgreSQL without it, in a mode that node-postgres warns of',
      /PostgreSQL has no TLS; leave sslmode out/,
      () => ({ DATABASE_URL: url((at) => at.searchParams.set('sslmode', 'require')) }),
    ],
    ['tables that are not there', /run main.js migrate first/, () => ({ TRUSTCAST_MIGRATE: 'false' })],
    [
      'a port that is taken',
      /cannot listen on 127.0.0.1:\d+: another program listens there/,
      async () => {
        const taken = createServer();
        await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
        harness.onStop(() => Promise.resolve(taken.close()));
        return { TRUSTCAST_PORT: String((taken.address() as { port: number }).port) };
      },
    ],
    [
      'an address that is not of this machine',
      /cannot listen on 192.0.2.1:\d+: this machine has no such address/,
      () => ({ TRUSTCAST_HOST: '192.0.2.1' }),
    ],
    [
      'a folder that cannot be made for the key',
      /set TRUSTCAST_SIGNING_KEY_FILE to another place/,
      () => ({ TRUSTCAST_SIGNING_KEY_FILE: unreadableFolder('a') }),
    ],
    [
      'a key that others may read',
      /chmod 600/,
      () => {
        writeFileSync(here('open.pem'), 'x');
        chmodSync(here('open.pem'), 0o644);
        return { TRUSTCAST_SIGNING_KEY_FILE: here('open.pem') };
      },
    ],
    [
      'a key that is none',
      /must hold an Ed25519 private key/,
      () => {
        writeFileSync(here('no.pem'), 'x', { mode: 0o600 });
        return { TRUSTCAST_SIGNING_KEY_FILE: here('no.pem') };
      },
    ],
    [
      'a key file that is a folder',
      /EISDIR/,
      () => {
        mkdirSync(here('folder.pem'), { mode: 0o700 });
        return { TRUSTCAST_SIGNING_KEY_FILE: here('folder.pem') };
      },
    ],
    [
      'a folder that is not there for the NATS users',
      /the NATS users file cannot be used \(ENOENT .*set TRUSTCAST_NATS_USERS_FILE to another place/,
      () => ({ ...NATS_LOGIN, TRUSTCAST_NATS_USERS_FILE: join(here('nowhere'), 'users.conf') }),
    ],
    [
      'a NATS users file that is a folder',
      /the NATS users file cannot be used \(EISDIR .*set TRUSTCAST_NATS_USERS_FILE to another place/,
      () => {
        mkdirSync(here('users.conf'));
        return { ...NATS_LOGIN, TRUSTCAST_NATS_USERS_FILE: here('users.conf') };
      },
    ],
  ];
  test.each(table)('%s', async (_what, expected, env) => {
    const { code, output } = await runMain(['serve'], { ...harness.environmentVariables, ...(await env()) });
    expect(output).toMatch(expected);
    expect(code).toBe(78);
    expect(output).not.toMatch(/^\s+at |node:internal/m);
    expect(
      output.split('\n').filter((line) => line !== '' && !line.startsWith('{') && !line.startsWith('  - ')).length,
    ).toBe(1);
  });
});

describe('a command on a database that nobody has migrated says so, with exit code 78, and changes nothing', () => {
  test.each([['verify-audit'], ['adopt'], ['adopt 00000000-0000-4000-8000-000000000000']])('%s', async (command) => {
    const database = `trustcast_empty_${process.pid}`;
    await make('DATABASE', database, '');
    const at = url((made) => (made.pathname = `/${database}`));
    const { code, output } = await runMain(command.split(' '), { ...harness.environmentVariables, DATABASE_URL: at });
    expect(output).toMatch(/has not the tables of this version; run main.js migrate first/);
    expect(output).not.toMatch(/^\s+at /m);
    expect(code).toBe(78);
    const client = new Client({ connectionString: at });
    await client.connect();
    const { rows } = await client.query(`SELECT FROM pg_tables WHERE schemaname = 'public'`);
    await client.end();
    expect(rows).toHaveLength(0);
  });
});

test.each([
  ['foo', '"foo" is not a command; the commands are serve, '],
  ['--foo', '"--foo" is not a command; the commands are serve, '],
  ['serve --foo', 'serve has no option "--foo"; it has --new-signing-key'],
  ['migrate now', 'migrate does not take "now"'],
  ['announce-key', 'announce-key needs the path of the key file'],
  ['announce-key --replace', 'announce-key needs the path of the key file'],
  ['announce-key one two', 'announce-key takes one argument, the path of the key file, and not "two" as well'],
  ['verify-audit 1:abc', 'verify-audit takes a head that it printed earlier'],
])('the command line %s is told what is wrong with it, before the usage, with exit code 64', async (line, expected) => {
  const { code, output } = await runMain(line.split(' '), harness.environmentVariables);
  const [first, blank, usage] = output.split('\n');
  expect(first).toContain(expected);
  expect([blank, usage]).toEqual(['', expect.stringContaining('usage: main.js')]);
  expect(code).toBe(64);
});

test('settings of the other programs are no mistake', async () => {
  const others = {
    TRUSTCAST_URL: 'http://x',
    TRUSTCAST_TOKEN: 'x',
    TRUSTCAST_SERVICE_URL: 'http://x',
    TRUSTCAST_ATTACH: 'x',
  };
  const service = await harness.start(others);
  expect(await service.stop()).toBe(0);
});
