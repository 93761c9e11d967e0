import { opendirSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { AttachError } from '../../errors.js';
import { readLines } from '../../files/read-lines.js';
import { ITEMS_PER_PAUSE, withPauses } from '../../pauses.js';
import { type ListedSockets, listedSockets } from './listed-sockets.js';
import type { ProcessFacts } from '../processes/process-facts.js';
import { type SocketFile, connectToFile, socketName } from './socket-file.js';
import { socketPeers } from './socket-peers.js';

const ANSWER_WAIT_MS = 20_000;
const ACCEPT_POLL_MS = 5;
/** An answer has a few lines; the longest ones of HotSpot, to commands that the agent does not send, have megabytes. */
const MAX_ANSWER_BYTES = 64 * 1_024;
const MAX_SOCKETS_BYTES = 32 * 1_024 * 1_024;

/**
 * Connects to the attach socket, and makes sure that the process itself accepts the connection: the file may be another
 * JVM's under this name. Null where nobody listens.
 *
 * @throws AttachError
 */
export async function connectTo(
  file: SocketFile,
  jvm: ProcessFacts,
  acceptMs = ANSWER_WAIT_MS,
): Promise<Socket | null> {
  const name = socketName(jvm);
  // Sockets that are listed before there is a connection cannot be it.
  const before = new Set([...(await listed(jvm.pid, name)).claimed, ...(await withPauses(socketsOf(jvm.pid)))]);
  const socket = await connectToFile(file);
  if (!socket) return null;
  try {
    const until = Date.now() + acceptMs;
    while (Date.now() < until) {
      const fresh = new Set((await withPauses(socketsOf(jvm.pid))).filter((inode) => !before.has(inode)));
      if (fresh.size > 0 && (await listed(jvm.pid, name)).taken.some((inode) => fresh.has(inode))) {
        if (await isPeer(fresh)) return socket;
        // A connection that another process has made in the same moment.
        for (const inode of fresh) before.add(inode);
      }
      if (socket.destroyed) throw new AttachError('ATTACH_BROKEN', 'the attach socket broke');
      await sleep(ACCEPT_POLL_MS);
    }
    throw new AttachError(
      'ATTACH_OTHER_PEER',
      `the process did not accept the connection to ${file.path}: it is busy, or the socket belongs to another process`,
    );
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/**
 * True where one of these sockets is the peer of a socket of this process, which is stronger than names, which others choose.
 * True also where this system cannot tell.
 */
async function isPeer(sockets: ReadonlySet<string>): Promise<boolean> {
  const peers = await socketPeers();
  const ends = (await withPauses(socketsOf(process.pid))).flatMap((own) => peers?.get(own) ?? []);
  return ends.length === 0 || ends.some((end) => sockets.has(end));
}

/** Sends a command of protocol version 1 and returns the whole answer. @throws AttachError */
export function exchange(socket: Socket, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const fail = (code: string, message: string, cause?: unknown): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new AttachError(code, message, { cause }));
    };
    const timer = setTimeout(() => fail('ATTACH_NO_ANSWER', 'the JVM did not answer'), ANSWER_WAIT_MS);
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if ((length += chunk.length) > MAX_ANSWER_BYTES)
        fail('ATTACH_BROKEN', `the JVM answered more than ${MAX_ANSWER_BYTES / 1_024} KB`);
    });
    socket.on('error', (cause) => fail('ATTACH_BROKEN', 'the attach socket broke', cause));
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString('utf8'));
    });
    socket.write(['1', ...words].map((word) => `${word}\0`).join(''));
  });
}

/** Inodes of the open sockets of a process, with pauses: it may have a million descriptors. */
export function* socketsOf(pid: number): Generator<void, string[]> {
  const path = `/proc/${pid}/fd`;
  const inodes: string[] = [];
  const folder = opendirSync(path, { bufferSize: ITEMS_PER_PAUSE });
  try {
    let count = 0;
    for (let entry = folder.readSync(); entry; entry = folder.readSync()) {
      if ((count += 1) % ITEMS_PER_PAUSE === 0) yield;
      try {
        const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`${path}/${entry.name}`))?.[1];
        if (inode !== undefined) inodes.push(inode);
      } catch {
        // Closed meanwhile.
      }
    }
  } finally {
    folder.closeSync();
  }
  return inodes;
}

function listed(pid: number, name: string): Promise<ListedSockets> {
  return withPauses(listedSockets(readLines(`/proc/${pid}/net/unix`, MAX_SOCKETS_BYTES), name));
}
