import { describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from '@trustcast/certificates-service/test/support/make-certificate.js';
import { createCertificate, pasted } from '@trustcast/certificates-service/test/support/mutations.js';
import { useHarness, useService } from '@trustcast/certificates-service/test/support/use-harness.js';
import { settingsFor, spawnTrustcast, trustcast } from './trustcast.js';

const harness = useHarness();
const service = useService(harness);
const settings = settingsFor(service);

describe('the command line', () => {
  test('tells its commands, and every command its options, settings and exit codes', async () => {
    const overview = await trustcast(['--help']);
    expect(overview).toMatchObject({ code: 0, err: '' });
    const commands = [...overview.out.matchAll(/^ {2}([a-z]\S*(?: \S+)?) {2}/gm)].map(([, name = '']) => name);
    expect(commands).toEqual(expect.arrayContaining(['apply', 'certificates list', 'certificates delete', 'watch']));
    for (const command of commands) {
      const { code, out } = await trustcast([...command.split(' '), '--help']);
      expect(code).toBe(0);
      expect(out).toMatch(/^Exit codes: 0 /m);
      for (const said of ['--json', '--token-file FILE', 'TRUSTCAST_TOKEN or TRUSTCAST_TOKEN_FILE'])
        expect(out).toContain(said);
    }
    expect((await trustcast(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test.each([
    ['an unknown command', ['explode'], 'there is no command explode'],
    ['an unknown part of a command', ['certificates', 'explode'], 'there is no command certificates explode'],
    ['a misspelt command', ['aply'], 'there is no command aply; did you mean apply?; see trustcast --help'],
    ['a misspelt part of a command', ['jwks', 'lst'], 'did you mean jwks list?; see trustcast jwks --help'],
    ['half a command', ['jwks'], 'jwks needs one of list, show; see trustcast jwks --help'],
    ['an unknown option', ['watch', '--no-such'], 'there is no option --no-such; see trustcast watch --help'],
    [
      'a misspelt option',
      ['watch', '--enviroment', 'x'],
      'there is no option --enviroment; did you mean --environment?',
    ],
    ['an option without its value', ['watch', '--environment'], '--environment needs a value'],
    ['a value too many', ['watch', '--json=yes'], '--json takes no value'],
    ['a missing word', ['certificates', 'show'], 'usage: trustcast certificates show NAME'],
    ['a word too many', ['watch', 'apimanager'], 'usage: trustcast watch'],
    ['an empty standard input', ['apply', '-'], 'standard input: is empty'],
    ['a file that does not exist', ['apply', '/nowhere.yaml'], '/nowhere.yaml: cannot be read (ENOENT)'],
  ])('ends with 64 for %s', async (_what, args, says) => {
    const { code, out, err } = await trustcast(args, settings);
    expect({ code, out }).toEqual({ code: 64, out: '' });
    expect(err).toContain(says);
  });

  test.each(['jwks', 'agents', 'certificates', 'epoch'])('%s --help shows its commands', async (group) => {
    for (const args of [
      [group, '--help'],
      [group, '-h'],
      [group, 'help'],
    ]) {
      const { code, out, err } = await trustcast(args);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(new RegExp(`^  ${group} \\S+`, 'm'));
    }
  });

  test('says path and reason of a file that cannot be read, and never a token', async () => {
    const files = { TRUSTCAST_TOKEN_FILE: '/nowhere/token', TRUSTCAST_CA_FILE: harness.folder };
    const { code, err } = await trustcast(['watch'], { TRUSTCAST_URL: 'http://127.0.0.1:9', ...files });
    expect(code).toBe(78);
    expect(err).toContain('TRUSTCAST_TOKEN_FILE (--token-file): /nowhere/token cannot be read (ENOENT)');
    expect(err).toContain(`TRUSTCAST_CA_FILE: ${harness.folder} cannot be read (EISDIR)`);
    const confused = { TRUSTCAST_URL: 'http://127.0.0.1:9', TRUSTCAST_TOKEN_FILE: service.token };
    const told = await trustcast(['watch'], confused);
    expect(told).toMatchObject({
      code: 78,
      err: expect.stringContaining('must be the path of a file, and is a token'),
    });
    expect(told.err).not.toContain(service.token);
  });

  test('ends with 78 for wrong settings, and names all of them and no value', async () => {
    const wrong = { TRUSTCAST_URL: 'ftp://secret', TRUSTCAST_TOKEN: 'two words', TRUSTCAST_TOKN: 'x' };
    const { code, err } = await trustcast(['watch'], wrong);
    expect(code).toBe(78);
    for (const name of ['TRUSTCAST_URL must', 'TRUSTCAST_TOKEN must', 'TRUSTCAST_TOKN is not'])
      expect(err).toContain(name);
    expect(err).not.toMatch(/secret|two words/);
    expect(await trustcast(['watch'])).toMatchObject({ code: 78 });
    expect(await trustcast(['watch'], { ...settings, TRUSTCAST_TOKEN_FILE: '/x' })).toMatchObject({ code: 78 });
  });

  test('ends with 1 where the service cannot be reached or does not accept the token, and says what to look at', async () => {
    const list = ['certificates', 'list'];
    const nobody = await trustcast(list, { ...settings, TRUSTCAST_URL: 'http://127.0.0.1:9' });
    expect(nobody.code).toBe(1);
    expect(nobody.err).toContain('is TRUSTCAST_URL right?');
    const plain = await trustcast(list, { ...settings, TRUSTCAST_URL: service.url.replace('http:', 'https:') });
    expect(plain.code).toBe(1);
    expect(plain.err).toContain(`nothing speaks TLS there: is it ${service.url} in TRUSTCAST_URL?`);
    const stranger = await trustcast(list, { ...settings, TRUSTCAST_TOKEN: 'tca_wrong' });
    expect(stranger.code).toBe(1);
    expect(stranger.err).toContain('does not accept the token: see TRUSTCAST_TOKEN');
    const file = join(harness.folder, 'cli-wrong-token');
    writeFileSync(file, 'tca_wrong');
    const named = await trustcast([...list, '--token-file', file], settings);
    expect(named.err).toContain(`does not accept the token: see the file ${file}`);
    const elsewhere = await trustcast(list, { ...settings, TRUSTCAST_URL: `${service.url}/elsewhere` });
    expect(elsewhere.code).toBe(1);
    expect(elsewhere.err).toContain('no GraphQL: see TRUSTCAST_URL');
  });

  test('an option wins over the environment, and a token may be in a file', async () => {
    const file = join(harness.folder, 'cli-token');
    writeFileSync(file, `${service.token}\n`);
    const { code } = await trustcast(['certificates', 'list', '--url', service.url, '--token-file', file], {
      TRUSTCAST_URL: 'http://127.0.0.1:9',
      TRUSTCAST_TOKEN: 'tca_wrong',
    });
    expect(code).toBe(0);
  });

  test('is that of a program with these exit codes', async () => {
    const overview = spawnTrustcast(['--help'], {});
    expect(await overview.line()).toBe('trustcast manages the certificates that running JVMs trust.');
    expect(await overview.closed).toBe(0);
    expect(await spawnTrustcast(['watch'], {}).closed).toBe(78);
  });
});

describe('certificates', () => {
  test('are listed, shown and deleted by name', async () => {
    const { pem, fingerprint } = makeCertificate('Partner CA');
    await createCertificate(service, { name: 'partner', definitions: [pasted(['apimanager'], 'partner-ca', pem)] });
    const list = await trustcast(['certificates', 'list', 'partn', '--environment', 'apimanager'], settings);
    expect(list.out).toBe(
      'NAME     ALIAS       ENVIRONMENTS  DAYS LEFT  SUBJECT\npartner  partner-ca  apimanager    364        CN=Partner CA\n',
    );
    const shown = await trustcast(['certificates', 'show', 'partner', '--json'], settings);
    expect(JSON.parse(shown.out)).toMatchObject({ name: 'partner', definitions: [{ alias: 'partner-ca' }] });
    expect(
      (await trustcast(['certificates', 'show', 'partner'], settings)).out.toLowerCase().replaceAll(':', ''),
    ).toContain(fingerprint);
    const deleted = await trustcast(['certificates', 'delete', 'partner'], settings);
    expect(deleted).toMatchObject({ code: 0, out: 'deleted from apimanager, revision 2\n' });
    const gone = await trustcast(['certificates', 'delete', 'partner'], settings);
    expect(gone).toMatchObject({ code: 1, out: '' });
    expect(gone.err).toContain('there is no certificate "partner"');
  });

  test('are found by what ends soon', async () => {
    await createCertificate(service, {
      name: 'short',
      definitions: [pasted(['apimanager'], 'short', makeCertificate('Short', { days: 9 }).pem)],
    });
    const found = async (days: string) =>
      JSON.parse(
        (await trustcast(['certificates', 'list', '--expiring-within', days, '--json'], settings)).out,
      ) as object[];
    expect(await found('5')).toEqual([]);
    expect(await found('10')).toMatchObject([{ name: 'short' }]);
    expect(await trustcast(['certificates', 'list', '--expiring-within', 'soon'], settings)).toMatchObject({
      code: 64,
    });
  });
});
