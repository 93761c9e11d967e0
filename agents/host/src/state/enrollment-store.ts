import { errnoOf } from '@trustcast/config';
import { join } from 'node:path';
import { MalformedError, decode } from '@trustcast/schema';
import { readOwn } from '../files/own-file.js';
import { replaceFile } from '../files/replace-file.js';

export const ENROLLMENT_NAME = 'enrollment.json';

/** What an enrolled host knows of its service. Nothing of it is secret: the key is in a file of its own. */
export interface Enrollment {
  readonly serviceUrl: string;
  /** PEM of CAs that are trusted in addition to Node's; null for Node's alone. */
  readonly ca: string | null;
  /** Ids of roots that say which keys sign, and RFC 7638 thumbprints of keys that are believed themselves. */
  readonly pinnedKeys: readonly string[];
  readonly installation: string;
  readonly environment: string;
  readonly agent: string;
  /** Name of the agent that was asked for. */
  readonly name: string;
  /** `x` of the key that the service knows: where a renewal was interrupted, it decides between two keys. */
  readonly keyId: string;
}

const UNREADABLE = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG', 'FILE_UNSAFE'];

/** Reads the enrollment of a state directory; null where the host is not enrolled, or another user asks. @throws MalformedError */
export function readEnrollment(stateDirectory: string): Enrollment | null {
  let text: string;
  try {
    text = readOwn(join(stateDirectory, ENROLLMENT_NAME));
  } catch (error) {
    // What is wrong with the directory itself is said where it is opened.
    if (UNREADABLE.includes(errnoOf(error))) return null;
    throw error;
  }
  const value = decode.object(parsed(text), 'enrollment');
  const plain = (name: string) => decode.rawText(value[name], name);
  return {
    serviceUrl: plain('serviceUrl'),
    ca: decode.nullable(value.ca, 'ca', (item, field) => decode.rawText(item, field, 4 * 1_024 * 1_024)),
    pinnedKeys: decode
      .array(value.pinnedKeys, 'pinnedKeys', 64)
      .map((pin, i) => decode.rawText(pin, `pinnedKeys[${i}]`)),
    installation: decode.uuid(value.installation, 'installation'),
    environment: plain('environment'),
    agent: decode.uuid(value.agent, 'agent'),
    name: plain('name'),
    keyId: plain('keyId'),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MalformedError(ENROLLMENT_NAME, 'is damaged: remove it from state/, and enroll the host once more');
  }
}

export function saveEnrollment(stateDirectory: string, enrollment: Enrollment): void {
  const text = `${JSON.stringify(enrollment, null, 2)}\n`;
  replaceFile(join(stateDirectory, ENROLLMENT_NAME), [Buffer.from(text)], { mode: 0o600 });
}
