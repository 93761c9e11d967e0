import { BlockList, isIPv4 } from 'node:net';

/** Ranges that an operator may close. */
export const REFUSABLE_RANGES = ['private', 'loopback'] as const;
export type RefusableRange = (typeof REFUSABLE_RANGES)[number];

export function isRefusableRange(name: string): name is RefusableRange {
  return REFUSABLE_RANGES.some((range) => range === name);
}

const ALWAYS_REFUSED = {
  'link-local': ['169.254.0.0/16', 'fe80::/10'],
  'cloud metadata': [
    '100.100.100.200/32',
    '168.63.129.16/32',
    '192.0.0.192/32',
    'fd00:ec2::254/128',
    'fd20:ce::254/128',
    'fd00:c1::a9fe:a9fe/128',
  ],
  unspecified: ['0.0.0.0/8', '::/128'],
  multicast: ['224.0.0.0/4', 'ff00::/8'],
  reserved: ['240.0.0.0/4'],
};
const REFUSABLE: Record<RefusableRange, readonly string[]> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  private: [
    '10.0.0.0/8',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '100.64.0.0/10',
    '198.18.0.0/15',
    '192.0.0.0/24',
    'fc00::/7',
    'fec0::/10',
    '64:ff9b:1::/48',
  ],
};
const RANGES = new Map(
  Object.entries({ ...ALWAYS_REFUSED, ...REFUSABLE }).map(([name, subnets]) => [name, blockList(subnets)]),
);

/** The range for which an address, or an IPv4 address inside it, is refused; undefined: it may be connected to. */
export function refusedRange(address: string, closed: readonly RefusableRange[]): string | undefined {
  const addresses = isIPv4(address) ? [address] : [address, ...embeddedIpv4(address)];
  for (const [name, list] of RANGES) {
    const open = isRefusableRange(name) && !closed.includes(name);
    if (!open && addresses.some((each) => list.check(each, isIPv4(each) ? 'ipv4' : 'ipv6'))) return name;
  }
  return undefined;
}

/** Where a translator or a tunnel would carry a packet to: what stands in an IPv6 address of a form that holds an IPv4 one. */
function embeddedIpv4(address: string): string[] {
  const bytes = ipv6Bytes(address);
  const hex = bytes.toString('hex');
  const at = (offset: number, invert = 0) =>
    [...bytes.subarray(offset, offset + 4)].map((byte) => byte ^ invert).join('.');
  const found: string[] = [];
  // Mapped, translated (RFC 2765) and NAT64, whose local prefix is RFC 8215; compatible ones are deprecated.
  if (/^(0{20}ffff|0{16}ffff0000|0064ff9b0{16}|0064ff9b0001.{12})/.test(hex)) found.push(at(12));
  if (/^0{24}/.test(hex) && !/^0{31}[01]$/.test(hex)) found.push(at(12));
  if (hex.startsWith('2002')) found.push(at(2));
  // Teredo: a server in the clear and a client inverted (RFC 4380).
  if (hex.startsWith('20010000')) found.push(at(4), at(12, 0xff));
  // ISATAP (RFC 5214).
  if (/^.{16}0[02]005efe/.test(hex)) found.push(at(12));
  return found;
}

function ipv6Bytes(address: string): Buffer {
  // URL writes groups only, where inet_ntop ends with an IPv4 address.
  const [head = '', tail = ''] = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1).split('::');
  const [left, right] = [head, tail].map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(8 - (left?.length ?? 0) - (right?.length ?? 0)).fill('0');
  const groups = [...(left ?? []), ...zeros, ...(right ?? [])];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function blockList(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = '', prefix] = subnet.split('/');
    list.addSubnet(address, Number(prefix), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return list;
}
