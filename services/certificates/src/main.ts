import { ConfigError, EXIT_CONFIG, settingsHelp } from '@trustcast/config';
import { TrustcastError } from '@trustcast/schema';
import { SETTINGS, processConfig } from './config.js';
import { parseHead } from './features/audit/rules/audit-chain.js';
import { causeOf } from './platform/problems/cause.js';
import { checkDescriptors } from './start/check-descriptors.js';
import { StartError, UsageError } from './platform/start-error.js';
import { explainDatabaseStart } from './start/explain-database-start.js';

/** Grace period for in-flight requests. */
const DRAIN_MS = 10_000;
const EXIT_USAGE = 64;
const NEW_SIGNING_KEY = '--new-signing-key';
const REPLACE = '--replace';

const COMMANDS = {
  serve: `runs the GraphQL API, the relay and the agents' API; migrates the database first; with ${NEW_SIGNING_KEY}, the key of the file replaces the current signing key of the database`,
  migrate: 'migrates the database to the schema of this version',
  'announce-key': `announces the next signing key to agents and prints its thumbprint; takes the path of the key file, which is created in an existing folder if missing; with ${REPLACE}, the key takes the place of another one that was announced`,
  'publish-keys': 'hands hosts the list of signing keys that trustcast-keys has written; takes the path of the file',
  thumbprint: 'prints the thumbprint of the signing key, which agents pin',
  'create-admin-token':
    'creates an API token that may do everything for 24 hours and prints it: for when nobody else can; takes an optional name, recorded in the audit',
  adopt:
    'turns a copy of a database into an installation of its own, with a new id, signing key and admin token and no agents; takes the id of the original installation, which it shows if it is left out',
  'verify-audit':
    'verifies the hash chain of the audit; takes an optional <sequence>:<hash>, a head noted earlier, which the chain must contain',
  'print-sdl': 'writes the GraphQL schema to standard output',
};
type Command = keyof typeof COMMANDS;

function help(): string {
  const commands = Object.entries(COMMANDS).map(([name, says]) => `  ${name.padEnd(12)} ${says}`);
  return `usage: main.js [${Object.keys(COMMANDS).join('|')}] [--help]\n\n${commands.join('\n')}\n\nenvironment:\n${settingsHelp(SETTINGS)}\n\nexit codes: 0 success, 1 failure, ${EXIT_USAGE} wrong command line, ${EXIT_CONFIG} configuration error: the message says what to change\n`;
}

interface CommandLine {
  readonly command: Command;
  readonly words: readonly string[];
}

/** A text says what is wrong. */
function parse([command = 'serve', ...words]: readonly string[]): CommandLine | string {
  if (!Object.hasOwn(COMMANDS, command))
    return `${quoted(command)} is not a command; the commands are ${Object.keys(COMMANDS).join(', ')}`;
  const wrong = problemOf(command as Command, words);
  return wrong === undefined ? { command: command as Command, words } : `${command} ${wrong}`;
}

const OPTIONS: Partial<Record<Command, string>> = { serve: NEW_SIGNING_KEY, 'announce-key': REPLACE };
const ARGUMENTS: Partial<Record<Command, string>> = {
  'announce-key': 'the path of the key file',
  'publish-keys': 'the path of the key list',
  adopt: 'the id of the original installation',
  'create-admin-token': 'the name of the token',
  'verify-audit': 'a head that it printed earlier, <sequence>:<hash of 64 hex digits>',
};

/** Commands that do nothing without their argument. */
const NEEDS: readonly Command[] = ['announce-key', 'publish-keys'];

function problemOf(command: Command, words: readonly string[]): string | undefined {
  const [option, argument] = [OPTIONS[command], ARGUMENTS[command]];
  const unknown = words.find((word) => word.startsWith('-') && word !== option);
  if (unknown !== undefined) return `has no option ${quoted(unknown)}${option ? `; it has ${option}` : ''}`;
  const [first, ...more] = words.filter((word) => !word.startsWith('-'));
  if (first === undefined) return NEEDS.includes(command) ? `needs ${argument ?? ''}` : undefined;
  if (argument === undefined || first === '') return `does not take ${quoted(first)}`;
  if (more.length > 0) return `takes one argument, ${argument}, and not ${quoted(more.join(' '))} as well`;
  if (command === 'verify-audit' && parseHead(first) === undefined) return `takes ${argument}, not ${quoted(first)}`;
  return undefined;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) return void process.stdout.write(help());
  const line = parse(args);
  if (typeof line === 'string') {
    process.stderr.write(`${line}\n\n${help()}`);
    process.exitCode = EXIT_USAGE;
    return;
  }
  const { command, words } = line;
  checkDescriptors();
  // A command loads only what it needs, so that help and configuration errors appear at once.
  if (command === 'print-sdl') {
    const { makeSdl } = await import('./api/graphql/schema.js');
    process.stdout.write(makeSdl());
    return;
  }
  const config = processConfig();
  if (command === 'thumbprint') {
    const { thumbprintCommand } = await import('./start/thumbprint-command.js');
    process.stdout.write(`${await thumbprintCommand(config)}\n`);
    return;
  }
  if (command === 'verify-audit') {
    const { verifyAuditCommand } = await import('./start/verify-audit.js');
    process.exitCode = await verifyAuditCommand(config, parseHead(words[0] ?? ''));
    return;
  }
  if (command === 'create-admin-token') {
    const { adminTokenCommand } = await import('./start/admin-token-command.js');
    process.stdout.write(`${await adminTokenCommand(config, words[0] ?? 'break-glass')}\n`);
    return;
  }
  if (command === 'announce-key') {
    const { announceCommand } = await import('./start/announce-command.js');
    process.stdout.write(
      await announceCommand(config, words.find((word) => word !== REPLACE) ?? '', { replace: words.includes(REPLACE) }),
    );
    return;
  }
  if (command === 'publish-keys') {
    const { publishKeysCommand } = await import('./start/publish-keys-command.js');
    process.stdout.write(await publishKeysCommand(config, words[0] ?? ''));
    return;
  }
  if (command === 'adopt') {
    const { adoptCommand } = await import('./start/adopt-command.js');
    process.stdout.write(await adoptCommand(config, words[0]));
    return;
  }
  const { makeLog } = await import('./platform/problems/make-log.js');
  const { log, problems } = makeLog(config.logLevel);
  if (command === 'migrate') {
    const { migrate } = await import('./migrate.js');
    await migrate(config, log);
    return;
  }
  const { serve } = await import('./serve.js');
  const stopping = new AbortController();
  const started = serve(config, {
    log,
    problems,
    replaceKey: words.includes(NEW_SIGNING_KEY),
    signal: stopping.signal,
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (stopping.signal.aborted) return;
      log.info('stopping', { signal });
      stopping.abort();
      setTimeout(() => process.exit(1), DRAIN_MS).unref();
      started
        .then((stop) => stop())
        .then(
          () => process.exit(0),
          (error: unknown) => {
            if (error === stopping.signal.reason) process.exit(0);
            log.error('stopping failed', { error });
            process.exit(1);
          },
        );
    });
  try {
    await started;
  } catch (error) {
    if (error !== stopping.signal.reason) throw error;
  }
}

// A reader that has seen enough, such as head, is no failure, and no reason to end a service.
process.stdout.on('error', () => undefined);
main(process.argv.slice(2)).catch((failure: unknown) => {
  const error = failure instanceof ConfigError ? failure : (explainDatabaseStart(failure) ?? failure);
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(exitCodeOf(error));
});

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT_USAGE;
  return error instanceof ConfigError || error instanceof StartError ? EXIT_CONFIG : 1;
}

/** One sentence; a stack only for what is a mistake of this program. */
function messageOf(error: unknown): string {
  const { code, stack } = error as NodeJS.ErrnoException;
  if (error instanceof TrustcastError) return causeOf(error);
  return code !== undefined && /^E[A-Z]+$/.test(code) ? causeOf(error) : (stack ?? causeOf(error));
}
