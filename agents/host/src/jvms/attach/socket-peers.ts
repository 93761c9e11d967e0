import { execFile } from 'node:child_process';
import { isErrno } from '@trustcast/config';
import { AttachError } from '../../errors.js';

const ASK_MS = 5_000;
const MAX_BYTES = 64 * 1_024 * 1_024;
/** A line of `ss -xnH` for a connection whose own end has no name, of which nobody can choose any part. */
const LINE = /^u_str +ESTAB +\d+ +\d+ +\* (\d+) +\* ([1-9]\d*) *$/;
const NOBODY = '';

/**
 * Asks the kernel (sock_diag, by `ss` of iproute2) which sockets are the two ends of a UNIX connection: by inode, from the end
 * that has no name to the other one. Null where this system has no `ss`; nothing where it may not ask the kernel.
 *
 * @throws AttachError where `ss` gives no answer
 */
export async function socketPeers(): Promise<ReadonlyMap<string, string> | null> {
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
  const options = { env, timeout: ASK_MS, maxBuffer: MAX_BYTES, encoding: 'latin1' } as const;
  return new Promise((resolve, reject) =>
    execFile('ss', ['-xnH'], options, (error, stdout) => {
      if (error === null) resolve(peersIn(stdout));
      else if (isErrno(error, 'ENOENT')) resolve(null);
      else
        reject(
          new AttachError('ATTACH_PEER_UNKNOWN', 'ss does not show which process accepted the connection', {
            cause: error,
          }),
        );
    }),
  );
}

/** Reads the pairs of a listing. A socket in two lines has no peer: one of the lines is part of a name with a line end. */
export function peersIn(text: string): ReadonlyMap<string, string> {
  const peers = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, own, other] = LINE.exec(line) ?? [];
    if (own === undefined || other === undefined) continue;
    peers.set(own, peers.has(own) ? NOBODY : other);
  }
  return peers;
}
