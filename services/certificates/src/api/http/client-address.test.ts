import type { IncomingMessage } from 'node:http';
import { expect, test } from '@jest/globals';
import { clientAddress } from './client-address.js';

const PROXIES = ['10.0.0.0/24', '192.0.2.7', '2001:db8::/32'];
const asked = (remoteAddress: string | undefined, forwarded?: string | string[]) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage;

test.each([
  ['nobody forwards', '10.0.0.1', undefined, '10.0.0.1'],
  ['a named proxy', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['one by its address', '192.0.2.7', '203.0.113.9', '203.0.113.9'],
  ['one of IPv6', '2001:db8::1', '2001:db9::9', '2001:db9::9'],
  ['one over a socket for both', '::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['a chain of named ones', '10.0.0.1', '203.0.113.9, 10.0.0.8,192.0.2.7', '203.0.113.9'],
  ['with a port', '10.0.0.1', '203.0.113.9:4711', '203.0.113.9'],
  ['with a port, IPv6', '10.0.0.1', '[2001:db9::9]:4711', '2001:db9::9'],
  ['with a scope', 'fe80::1%eth0', '203.0.113.9', 'fe80::1%eth0'],
])('%s: who asks is whom the named say', (_what, socket, forwarded, address) => {
  expect(clientAddress(PROXIES)(asked(socket, forwarded))).toBe(address);
});

test.each([
  ['from somebody else', '203.0.113.1', '127.0.0.1', '203.0.113.1'],
  ['that a client sent before', '10.0.0.1', '127.0.0.1, 203.0.113.9', '203.0.113.9'],
  ['that is no address', '10.0.0.1', 'unknown', '10.0.0.1'],
  ['that is no address, behind a chain', '10.0.0.1', '<script>, 10.0.0.2', '10.0.0.2'],
  ['that is empty', '10.0.0.1', '', '10.0.0.1'],
])('%s: a claim is not believed', (_what, socket, forwarded, address) => {
  expect(clientAddress(PROXIES)(asked(socket, forwarded))).toBe(address);
});

test('where no proxy is named, nothing that is forwarded is believed', () => {
  expect(clientAddress([])(asked('127.0.0.1', '203.0.113.9'))).toBe('127.0.0.1');
  expect(clientAddress([])(asked(undefined, '203.0.113.9'))).toBeNull();
});
