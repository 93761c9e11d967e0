import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findJdks, findJvms } from '@trustcast/dev/setup/find-jdks.mjs';

const run = promisify(execFile);

/** Homes of the JDKs of this machine, oldest first. */
export async function jdkHomes(): Promise<string[]> {
  return (await findJdks()).map(({ home }) => home);
}

/** Homes of every Java of this machine that the JVM agent works in, JREs too, oldest first. */
export async function jvmHomes(): Promise<string[]> {
  return (await findJvms()).map(({ home }) => home);
}

const JUDGE = `
import java.io.*; import java.nio.file.*; import java.security.*; import java.security.cert.*; import java.util.*;
public class Judge {
  public static void main(String[] files) throws Exception {
    for (String file : files) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(Path.of(file))) { store.load(in, null); }
      StringBuilder line = new StringBuilder();
      for (String alias : new TreeSet<>(Collections.list(store.aliases()))) {
        byte[] der = store.getCertificate(alias).getEncoded();
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(der);
        line.append(String.format("%064x", new java.math.BigInteger(1, hash))).append(alias).append(store.isCertificateEntry(alias) ? '\\t' : '!');
      }
      System.out.println(line.toString().trim());
    }
  }
}`;

/** What Java's own KeyStore sees in each file: fingerprint by alias. */
export async function judge(home: string, folder: string, files: readonly string[]): Promise<Map<string, string>[]> {
  const source = join(folder, 'Judge.java');
  writeFileSync(source, JUDGE);
  const [jdk] = await jdkHomes();
  await run(join(jdk!, 'bin/javac'), ['--release', '11', '-d', folder, source]);
  const { stdout } = await run(join(home, 'bin/java'), ['-Dfile.encoding=UTF-8', '-cp', folder, 'Judge', ...files]);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => new Map(line.split('\t').map((pair) => [pair.slice(64), pair.slice(0, 64)])));
}
