import { describe, expect, test } from '@jest/globals';
import { refusedRange } from './address-policy.js';

const metadata = '169.254.169.254';
const forms = (ipv4: string) => {
  const hex = ipv4
    .split('.')
    .map((byte) => Number(byte).toString(16).padStart(2, '0'))
    .join('');
  const [high, low] = [hex.slice(0, 4), hex.slice(4)];
  const inverted = (group: string) => (0xffff ^ parseInt(group, 16)).toString(16);
  return [
    ipv4,
    `::ffff:${ipv4}`,
    `::ffff:${high}:${low}`,
    `0:0:0:0:0:FFFF:${ipv4}`,
    `::ffff:0:${ipv4}`,
    `::${ipv4}`,
    `64:ff9b::${ipv4}`,
    `64:ff9b:1::${ipv4}`,
    `2002:${high}:${low}::1`,
    `2001:0:${high}:${low}::f7f7:f7f7`,
    `2001:0:808:808::${inverted(high)}:${inverted(low)}`,
    `2a00:1450::200:5efe:${high}:${low}`,
  ];
};

describe('an address', () => {
  test.each(forms(metadata))('of metadata is refused as %s', (address) => {
    expect(refusedRange(address, [])).toBe('link-local');
  });

  test.each(['fe80::1', 'fe80::1%eth0', 'febf::1', '169.254.0.1'])('that is link-local is refused: %s', (address) =>
    expect(refusedRange(address, [])).toBe('link-local'),
  );

  test.each(['fd00:ec2::254', '100.100.100.200', '168.63.129.16', 'fd20:ce::254'])(
    'of metadata that is not link-local is refused: %s',
    (address) => expect(refusedRange(address, [])).toBe('cloud metadata'),
  );

  test.each([
    ['0.0.0.0', 'unspecified'],
    ['::', 'unspecified'],
    ['224.0.0.1', 'multicast'],
    ['ff02::1', 'multicast'],
    ['255.255.255.255', 'reserved'],
    ['240.0.0.1', 'reserved'],
  ])('of no one server is refused: %s', (address, range) => expect(refusedRange(address, [])).toBe(range));

  test.each(['10.0.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', 'fd12::1', ...forms('10.1.2.3')])(
    'that is private is refused where the operator says so: %s',
    (address) => {
      expect(refusedRange(address, ['private'])).toBe('private');
      if (!address.startsWith('64:ff9b:1:')) expect(refusedRange(address, ['loopback'])).toBeUndefined();
    },
  );

  test.each(['127.0.0.1', '127.255.255.254', '::1', ...forms('127.0.0.1')])(
    'of loopback is refused where the operator says so: %s',
    (address) => {
      expect(refusedRange(address, ['loopback'])).toBe('loopback');
      expect(refusedRange(address, [])).toBeUndefined();
    },
  );

  test.each(
    ['172.32.0.1', '8.8.8.8', '2001:4860:4860::8888', ...forms('8.8.8.8')].filter((a) => !a.startsWith('64:ff9b:1:')),
  )('of the public Internet is never refused: %s', (address) =>
    expect(refusedRange(address, ['private', 'loopback'])).toBeUndefined(),
  );
});
