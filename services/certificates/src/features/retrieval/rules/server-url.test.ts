import { describe, expect, test } from '@jest/globals';
import { parseServerUrl } from './server-url.js';

describe('the URL of a server', () => {
  test.each([
    ['https://api.example', 'https', 'api.example', 443],
    ['https://API.example:8443/path?query#part', 'https', 'api.example', 8443],
    ['HTTPS://api.example:80/', 'https', 'api.example', 80],
    ['ldaps://ldap.example', 'ldaps', 'ldap.example', 636],
    ['ldap://ldap.example', 'ldap', 'ldap.example', 389],
    ['ldap://ldap.example:80', 'ldap', 'ldap.example', 80],
    ['https://[2001:db8::1]', 'https', '2001:db8::1', 443],
    ['https://[2001:db8::1]:8443/', 'https', '2001:db8::1', 8443],
    ['https://bücher.example', 'https', 'xn--bcher-kva.example', 443],
  ])('%s', (text, protocol, host, port) => expect(parseServerUrl(text)).toEqual({ protocol, host, port }));

  test.each(['2852039166', '0xA9FEA9FE', '0251.0376.0251.0376', '169.16689662', '169.254.169.254'])(
    'names an address in one spelling, as %s does',
    (host) =>
      expect(['https', 'ldaps', 'ldap'].map((scheme) => parseServerUrl(`${scheme}://${host}`))).toMatchObject(
        Array(3).fill({ host: '169.254.169.254' }),
      ),
  );

  test.each([
    ['no URL', 'api.example'],
    ['another scheme', 'http://api.example'],
    ['a file', 'file:///etc/passwd'],
    ['no host', 'https://'],
    ['no host before a port', 'https://:443'],
    ['a user', 'https://user@api.example'],
    ['a user and a password', 'https://user:secret@api.example'],
    ['port 0', 'https://api.example:0'],
    ['a port that is none', 'https://api.example:65536'],
    ['white space', 'https://api.example/a b'],
    ['a backslash', 'https://api.example\\@other.example'],
    ['a zone', 'https://[fe80::1%25eth0]'],
    ['too many characters', `https://api.example/${'x'.repeat(2_000)}`],
  ])('with %s is refused', (_what, text) => expect(typeof parseServerUrl(text)).toBe('string'));
});
