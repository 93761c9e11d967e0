import { fstatSync, readFileSync } from 'node:fs';
import { mountOf } from './mounts.js';

/** A file as the kernel’s lists of locks name it: device in hexadecimal and inode, which differ from `stat`’s on btrfs and overlays. */
export type KernelFile = string;

const MAX_KNOWN = 64;
/** Devices of mounts, by the mount and the device that `stat` says. */
const devices = new Map<string, string>();

/** @throws the failed system call's error */
export function kernelFileOf(fd: number): KernelFile {
  const { dev, ino } = fstatSync(fd, { bigint: true });
  const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1');
  const mount = /^mnt_id:\s*(\d+)$/m.exec(info)?.[1] ?? '';
  // Linux before 5.14 does not tell the inode.
  const inode = /^ino:\s*(\d+)$/m.exec(info)?.[1] ?? String(ino);
  const key = `${mount} ${dev}`;
  let device = devices.get(key);
  if (device === undefined) {
    device = hexadecimal(mountOf('self', fd)?.device ?? '');
    if (devices.size >= MAX_KNOWN) devices.clear();
    if (device !== '') devices.set(key, device);
  }
  return `${device}:${inode}`;
}

function hexadecimal(device: string): string {
  if (!/^\d+:\d+$/.test(device)) return '';
  return device
    .split(':')
    .map((number) => Number(number).toString(16).padStart(2, '0'))
    .join(':');
}
