import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootId, startTicksOf } from '../src/jvms/processes/process-facts.js';
import { temporaryDirectory } from './fixtures.js';

/** Writes each line of its input, base64, as the agent of a JVM writes its status: locked, then renamed. */
const SOURCE = `
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.*;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.util.*;

public class Speaker {
  public static void main(String[] files) throws Exception {
    List<FileChannel> held = new ArrayList<>();
    FileTime always = FileTime.fromMillis(System.currentTimeMillis());
    System.out.println("ready");
    Scanner lines = new Scanner(System.in);
    while (lines.hasNextLine()) {
      byte[] bytes = Base64.getDecoder().decode(lines.nextLine());
      Path file = Path.of(files[0]);
      Path temporary = Path.of(files[0] + ".tmp");
      FileChannel channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      channel.write(ByteBuffer.wrap(bytes));
      Files.setLastModifiedTime(temporary, always);
      ByteBuffer digest = ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(bytes));
      channel.lock(digest.getLong() & ((1L << 62) - 1), 1 + (digest.getLong() & ((1L << 61) - 1)), false);
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      held.add(channel);
      System.out.println("said");
    }
  }
}
`;

/** A Java process that says of itself what it is told to, with the same time on each of its files. */
export interface Speaker {
  readonly pid: number;
  readonly say: (more: Readonly<Record<string, unknown>>) => Promise<void>;
  readonly stop: () => Promise<unknown>;
}

/** Starts one that writes to `file`; `wrapper` stands before java. */
export async function startSpeaker(home: string, file: string, wrapper: readonly string[] = []): Promise<Speaker> {
  const folder = temporaryDirectory();
  chmodSync(folder.path, 0o755);
  const source = join(folder.path, 'Speaker.java');
  writeFileSync(source, SOURCE);
  const [command, ...args] = [...wrapper, join(home, 'bin/java'), source, file];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], cwd: '/' });
  await once(child.stdout, 'data');
  const pid = child.pid ?? 0;
  let sequence = 0;
  return {
    pid,
    say: async (more) => {
      sequence += 1;
      const said = {
        format: 'trustcast-jvm-status/1',
        bootId: bootId(),
        pid,
        startTicks: startTicksOf(pid),
        jdk: { version: '99', vendor: 'nobody' },
        mainClass: 'Speaker',
        agentVersion: '1',
        via: 'premain',
        file: null,
        state: 'FAILED',
        reason: null,
        loaded: null,
        alsoInBase: [],
        lastError: null,
        hookErrors: 0,
        sequence,
        writtenAt: new Date().toISOString(),
        ...more,
      };
      const heard = once(child.stdout, 'data');
      child.stdin.write(`${Buffer.from(JSON.stringify(said)).toString('base64')}\n`);
      await heard;
    },
    stop: async () => {
      child.kill('SIGKILL');
      await once(child, 'close');
      folder.remove();
    },
  };
}
