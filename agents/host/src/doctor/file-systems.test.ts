import { expect, test } from '@jest/globals';
import { statfsSync } from 'node:fs';
import { remoteFileSystem } from './file-systems.js';

// The kernel's own numbers (linux/magic.h): a test machine has no server of these kinds to mount from.
test.each([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x65735546, 'FUSE'],
  [0x01021997, '9p'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
])('the statfs type %i is %s', (type, name) => {
  expect(remoteFileSystem(type)).toBe(name);
});

test.each([
  ['ext', 0xef53],
  ['tmpfs', 0x01021994],
  ['overlayfs', 0x794c7630],
  ['xfs', 0x58465342],
  ['btrfs', 0x9123683e],
  ['what is mounted at /proc', statfsSync('/proc').type],
])('%s is local', (_name, type) => {
  expect(remoteFileSystem(type)).toBeNull();
});
