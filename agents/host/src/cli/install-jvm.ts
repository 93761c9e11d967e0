import { mkdirSync, readFileSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, isErrno } from '@trustcast/config';
import { TrustcastError } from '@trustcast/schema';
import { OptionError } from '@trustcast/terminal';
import { JVM_ENVIRONMENT, javaAgentOption } from '../jvms/attach/jvm-environment.js';
import { JAR_NAME } from '../jvms/attach/jar-name.js';
import { type JvmUnit, dropInText, findJvmUnit, folderOf, isOurs } from '../jvms/units/jvm-unit.js';
import { type Command, EXIT } from './command.js';

/** What systemd's files take as it is. */
const PLAIN = /^[A-Za-z0-9/._@:+-]+$/;

export const installJvm: Command = {
  name: 'install-jvm',
  summary: 'connects the JVMs of a systemd unit: prints or writes a drop-in',
  help: `The drop-in orders the unit after the agent and gives its JVMs the -javaagent option (JAVA_TOOL_OPTIONS), from a file that the
agent writes once its jar is there: where the agent is removed, the JVMs start without it. Nothing is written without --write, and
nothing is restarted. A second run with --write changes nothing.
Exit codes: 0 printed, written or removed, 1 the unit is unknown or sets JAVA_TOOL_OPTIONS itself, or the file cannot be written.`,
  needsService: 'no',
  reads: 'directory',
  flags: {
    unit: { says: 'the unit whose JVMs are connected, such as tomcat (required)', takesValue: true },
    write: { says: 'writes the drop-in to /etc/systemd/system/<unit>.service.d' },
    remove: { says: 'removes the drop-in that this command has written' },
  },
  run({ directory, jvmAgentJar }, { out, json }, _words, { values }) {
    const given = values.unit;
    if (typeof given !== 'string') throw new OptionError('install-jvm needs --unit');
    if (values.write === true && values.remove === true)
      throw new OptionError('--write and --remove exclude each other');
    if (!PLAIN.test(directory))
      throw new TrustcastError(
        'DIRECTORY_NOT_PLAIN',
        `${directory} has characters that a unit cannot name; use another --directory`,
      );
    const unit = findJvmUnit(given, javaAgentOption(jvmAgentJar ?? join(directory, JAR_NAME), directory));
    const text = dropInText(join(directory, JVM_ENVIRONMENT));
    const done = values.write === true ? write(unit, text) : values.remove === true ? remove(unit) : 'printed';
    if (json) out(JSON.stringify({ unit: unit.name, path: unit.dropIn, text, done }, null, 2));
    else if (done === 'printed') out(`# ${unit.dropIn}\n${text.trimEnd()}`);
    else out(`${unit.dropIn} ${SAYS[done]}${done === 'written' || done === 'removed' ? NEXT(unit.name) : ''}`);
    return Promise.resolve(EXIT.ok);
  },
};

const SAYS = { written: 'is written', kept: 'is there already', removed: 'is removed', absent: 'is not there' };
const NEXT = (unit: string): string => `\nnow run: systemctl daemon-reload && systemctl restart ${unit}`;

function write(unit: JvmUnit, text: string): 'written' | 'kept' {
  try {
    if (readFileSync(unit.dropIn, 'utf8') === text) return 'kept';
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw notWritten(unit, error);
  }
  try {
    mkdirSync(folderOf(unit), { recursive: true });
    writeFileSync(unit.dropIn, text, { mode: 0o644 });
    return 'written';
  } catch (error) {
    throw notWritten(unit, error);
  }
}

function remove(unit: JvmUnit): 'removed' | 'absent' {
  if (!isOurs(unit.dropIn)) return 'absent';
  try {
    rmSync(unit.dropIn);
  } catch (error) {
    throw notWritten(unit, error);
  }
  try {
    rmdirSync(folderOf(unit));
  } catch (error) {
    // Others have drop-ins there.
    if (!isErrno(error, 'ENOTEMPTY')) throw notWritten(unit, error);
  }
  return 'removed';
}

function notWritten({ dropIn }: JvmUnit, cause: unknown): TrustcastError {
  const what = `${dropIn} cannot be changed (${errnoOf(cause)}): run it as root`;
  return new TrustcastError('DROP_IN_NOT_WRITTEN', what, { cause });
}
