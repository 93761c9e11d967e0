import { TrustcastError } from '@trustcast/schema';
import { ConfigError, SETTINGS, processConfig } from './config.js';
import { parseHead } from './features/audit/rules/audit-chain.js';
import { causeOf } from './platform/problems/cause.js';
import { checkDescriptors } from './start/check-descriptors.js';
import { StartError, explainDatabaseStart } from './platform/start-error.js';

/** Requests that run get so long to end. */
const DRAIN_MS = 10_000;
const EXIT_CONFIG = 78;
const NEW_SIGNING_KEY = '--new-signing-key';

const COMMANDS = {
  serve: `runs the GraphQL API, the relay and the agents' API; migrates the database first; with ${NEW_SIGNING_KEY}, the key of the file replaces the current signing key of the database`,
  migrate: 'migrates the database to the schema of this version',
  'announce-key':
    'announces the next signing key to agents and prints its thumbprint; takes the path of the key file, which is created if missing',
  thumbprint: 'prints the thumbprint of the signing key, which agents pin',
  adopt:
    'turns a copy of a database into an installation of its own, with a new id, signing key and admin token and no agents; takes the id of the original installation',
  'verify-audit':
    'verifies the hash chain of the audit; takes an optional <sequence>:<hash>, a head noted earlier, which the chain must contain',
  'print-sdl': 'writes the GraphQL schema to standard output',
};
type Command = keyof typeof COMMANDS;

function help(): string {
  const names = Object.entries(SETTINGS).map(([name, { secret }]) => [name, secret ? `${name}[_FILE]` : name] as const);
  const width = Math.max(...names.map(([, shown]) => shown.length));
  const settings = names.map(
    ([name, shown]) => `  ${shown.padEnd(width)}  ${SETTINGS[name as keyof typeof SETTINGS].says}`,
  );
  const commands = Object.entries(COMMANDS).map(([name, says]) => `  ${name.padEnd(12)} ${says}`);
  return `usage: main.js [${Object.keys(COMMANDS).join('|')}] [--help]\n\n${commands.join('\n')}\n\nenvironment:\n${settings.join('\n')}\n\nexit codes: 0 success, 1 failure, ${EXIT_CONFIG} configuration error: the message says what to change\n`;
}

/** undefined: not a command line. */
function parse(args: readonly string[]): { command: Command; words: readonly string[] } | undefined {
  const [command = 'serve', ...words] = args;
  if (!Object.hasOwn(COMMANDS, command)) return undefined;
  const takes =
    command === 'serve'
      ? words.every((word) => word === NEW_SIGNING_KEY) && words.length <= 1
      : command === 'verify-audit'
        ? words.length === 0 || (words.length === 1 && parseHead(words[0] ?? '') !== undefined)
        : (words.length === 0 && command !== 'announce-key') ||
          (command === 'adopt' && words.length === 1) ||
          (command === 'announce-key' && words.length === 1);
  return takes ? { command: command as Command, words } : undefined;
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) return void process.stdout.write(help());
  const line = parse(args);
  if (!line) {
    process.stderr.write(help());
    process.exitCode = EXIT_CONFIG;
    return;
  }
  const { command, words } = line;
  checkDescriptors();
  // What a command does not need is not loaded: help and a wrong configuration are told at once.
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
  if (command === 'announce-key') {
    const { announceCommand } = await import('./start/announce-command.js');
    process.stdout.write(await announceCommand(config, words[0] ?? ''));
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
      log.info({ signal }, 'stopping');
      stopping.abort();
      setTimeout(() => process.exit(1), DRAIN_MS).unref();
      started
        .then((stop) => stop())
        .then(
          () => process.exit(0),
          (error: unknown) => {
            if (error === stopping.signal.reason) process.exit(0);
            log.error({ cause: causeOf(error) }, 'stopping failed');
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

main(process.argv.slice(2)).catch((failure: unknown) => {
  const error = failure instanceof ConfigError ? failure : (explainDatabaseStart(failure) ?? failure);
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(error instanceof ConfigError || error instanceof StartError ? EXIT_CONFIG : 1);
});

/** One sentence; a stack only for what is a mistake of this program. */
function messageOf(error: unknown): string {
  const { code, stack } = error as NodeJS.ErrnoException;
  if (error instanceof TrustcastError) return causeOf(error);
  return code !== undefined && /^E[A-Z]+$/.test(code) ? causeOf(error) : (stack ?? causeOf(error));
}
