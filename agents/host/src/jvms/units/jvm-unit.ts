import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isErrno } from '@trustcast/config';
import { TrustcastError } from '@trustcast/schema';

/** Where systemd looks for units (systemd.unit(5)); the first one is the operator's. */
const FOLDERS = ['etc', 'run', 'usr/local/lib', 'usr/lib', 'lib'].map((folder) => `${folder}/systemd/system`);
const NAME = /^[A-Za-z0-9:_.\\-]+(?:@[A-Za-z0-9:_.\\-]*)?$/;
const VARIABLE = 'JAVA_TOOL_OPTIONS';
const OURS = '50-trustcast.conf';

/** A service of systemd in which JVMs run. */
export interface JvmUnit {
  readonly name: string;
  /** Of the file that connects its JVMs. */
  readonly dropIn: string;
}

/**
 * Finds the unit that an operator names, with or without its suffix.
 *
 * @param root directory that holds the file system
 * @throws TrustcastError `UNIT_NAME_INVALID`, `UNIT_NOT_FOUND`, or `JAVA_TOOL_OPTIONS_SET` where a drop-in would take away what the unit
 *   sets
 */
export function findJvmUnit(given: string, option: string, root = '/'): JvmUnit {
  const name = given.endsWith('.service') ? given : `${given}.service`;
  if (!NAME.test(name.slice(0, -'.service'.length)))
    throw new TrustcastError(
      'UNIT_NAME_INVALID',
      `${JSON.stringify(given)} is no name of a service; name one that systemctl list-units --type=service shows`,
    );
  const names = [name, name.replace(/@.+\.service$/, '@.service')];
  const files = FOLDERS.flatMap((folder) => names.map((each) => join(root, folder, each)));
  const units = files.flatMap((path) => textOf(path) ?? []);
  if (units.length === 0)
    throw new TrustcastError(
      'UNIT_NOT_FOUND',
      `there is no unit ${name}; name one that systemctl list-units --type=service shows`,
    );
  const dropIn = join(root, FOLDERS[0] ?? '', `${name}.d`, OURS);
  const dropIns = files.flatMap((path) => filesIn(`${path}.d`)).filter((path) => path !== dropIn);
  for (const { path, text } of [...units, ...dropIns.flatMap((each) => textOf(each) ?? [])]) {
    const setter = new RegExp(`^\\s*Environment=.*\\b${VARIABLE}=`, 'm').test(text) ? path : setterIn(text, root);
    if (setter === undefined) continue;
    throw new TrustcastError(
      'JAVA_TOOL_OPTIONS_SET',
      `${setter} sets ${VARIABLE}, which the drop-in would replace: add ${option} to it there, and After=trustcast-agent.service and Wants=trustcast-agent.service to the unit`,
    );
  }
  return { name, dropIn };
}

/** A file of `EnvironmentFile=` that sets the variable. */
function setterIn(text: string, root: string): string | undefined {
  const files = [...text.matchAll(/^\s*EnvironmentFile=-?(\/\S+)/gm)].map(([, path = '']) => join(root, path));
  return files.find((path) => new RegExp(`^\\s*(?:export\\s+)?${VARIABLE}=`, 'm').test(textOf(path)?.text ?? ''));
}

function textOf(path: string): { path: string; text: string } | undefined {
  try {
    return { path, text: readFileSync(path, 'utf8') };
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP')) return undefined;
    throw error;
  }
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.conf'))
      .map((name) => join(folder, name));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** First line of a drop-in, by which the package knows it when it is purged. */
const FIRST_LINE = '# Written by trustcast-agent install-jvm.';

/** The drop-in that orders a unit after the agent, and has its JVMs load the agent. @param environment file that the agent writes */
export function dropInText(environment: string): string {
  return `${FIRST_LINE}
[Unit]
Wants=trustcast-agent.service
After=trustcast-agent.service

[Service]
# The agent writes it, and not before its jar is there. Without it the JVM starts as it did before.
EnvironmentFile=-${environment}
`;
}

/** True for the text of a drop-in that this command has written. */
export function isOurs(path: string): boolean {
  return textOf(path)?.text.startsWith(FIRST_LINE) === true;
}

/** The folder that systemd reads drop-ins of a unit from. */
export function folderOf({ dropIn }: JvmUnit): string {
  return dirname(dropIn);
}
