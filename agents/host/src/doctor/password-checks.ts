import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { errnoOf } from '@trustcast/config';
import { readKeystore } from '@trustcast/keystore';
import type { JvmReport } from '@trustcast/schema';
import type { Config } from '../config.js';
import { javaOptions } from '../jvms/processes/java-options.js';
import { type JvmProcess, describeJvm } from '../jvms/processes/jvm-scanner.js';
import { pathsOf } from '../state/agent-directory.js';
import { type Finding, notice, problem } from './finding.js';

const TRUST_STORE = '-Djavax.net.ssl.trustStore=';
const PASSWORD = '-Djavax.net.ssl.trustStorePassword=';
const MAX_FILES = 4_096;

/** True where the password opens the keystore; any password does where it has no MAC and is not encrypted. */
export function opensMac(bytes: Buffer, password: string): boolean {
  try {
    readKeystore(bytes, { password });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'KEYSTORE_PASSWORD_WRONG') return false;
    throw error;
  }
}

/** True where a reader that gives a password must give the right one. */
export function hasMac(bytes: Buffer): boolean {
  return !opensMac(bytes, randomUUID());
}

/**
 * Finds a connected JVM that names the truststore and cannot open it with the password it gives. The JDK opens it without a
 * password, with or without a MAC. BouncyCastle, where it comes before the JDK, takes a password exactly where there is a MAC;
 * BC-FIPS always wants one.
 */
export function jvmPasswordCheck(config: Config, { pid }: JvmReport): Finding[] {
  const process = describeJvm(pid);
  if (!process) return [];
  try {
    const path = pathsOf(realpathSync(config.directory)).truststore;
    const options = javaOptions(process).map(({ text }) => text);
    const named = valueOf(options, TRUST_STORE);
    if (named !== path && named !== pathsOf(config.directory).truststore) return [];
    return passwordFindings(readFileSync(path), valueOf(options, PASSWORD) ?? '', `password of JVM ${pid}`, process);
  } catch {
    return [];
  }
}

function passwordFindings(bytes: Buffer, given: string, check: string, process: JvmProcess): Finding[] {
  const mac = hasMac(bytes);
  if (mac && given !== '' && !opensMac(bytes, given))
    return [
      problem(
        check,
        'its javax.net.ssl.trustStorePassword is not TRUSTCAST_TRUSTSTORE_PASSWORD: it cannot open the truststore again; give it that one, or none',
      ),
    ];
  const jar = bouncyCastleOf(process);
  if (jar === null) return [];
  const fips = jar.startsWith('bc-fips');
  const before = `${jar} is in use; where it comes before the JDK's providers it opens the truststore`;
  if (given === '' && (mac || fips))
    return [notice(check, `${before} only with javax.net.ssl.trustStorePassword, which is not set`)];
  if (given !== '' && !mac && !fips)
    return [
      notice(
        check,
        `${before} only without javax.net.ssl.trustStorePassword, which is set; or set TRUSTCAST_TRUSTSTORE_PASSWORD as well`,
      ),
    ];
  return [];
}

/** The jar of BouncyCastle that a process has open; null where there is none, or where the process may not be read. */
function bouncyCastleOf({ pid }: JvmProcess): string | null {
  const folder = `/proc/${pid}/fd`;
  const open = readdirSync(folder)
    .slice(0, MAX_FILES)
    .map((name) => targetOf(join(folder, name)));
  return open.find((name) => /^(bcprov|bc-fips)[!-~]*\.jar$/.test(name)) ?? null;
}

/** Empty where it has been closed meanwhile. */
function targetOf(link: string): string {
  try {
    return basename(readlinkSync(link));
  } catch {
    return '';
  }
}

function valueOf(options: readonly string[], option: string): string | undefined {
  return options.findLast((text) => text.startsWith(option))?.slice(option.length);
}
