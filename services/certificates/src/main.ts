import { TrustcastError } from '@trustcast/schema';
import { ConfigError, SETTINGS, processConfig } from './config.js';
import { parseHead } from './domain/audit-chain.js';

/** Requests that run get so long to end. */
const DRAIN_MS = 10_000;

const COMMANDS = {
  serve: 'the GraphQL service, the relay and what agents ask; migrates the database first',
  migrate: 'brings the database to the schema of this version',
  'verify-audit': 'computes the chain of the audit anew; with <sequence>:<hash>, a head noted before, down to that',
  'print-sdl': 'writes the GraphQL schema to standard output',
};

function help(): string {
  const names = Object.entries(SETTINGS).map(([name, { secret }]) => [name, secret ? `${name}[_FILE]` : name] as const);
  const width = Math.max(...names.map(([, shown]) => shown.length));
  const settings = names.map(
    ([name, shown]) => `  ${shown.padEnd(width)}  ${SETTINGS[name as keyof typeof SETTINGS].says}`,
  );
  const commands = Object.entries(COMMANDS).map(([name, says]) => `  ${name.padEnd(12)} ${says}`);
  return `usage: main.js [${Object.keys(COMMANDS).join('|')}] [--help]\n\n${commands.join('\n')}\n\nenvironment:\n${settings.join('\n')}\n`;
}

async function main(args: readonly string[]): Promise<void> {
  const [command = 'serve', ...rest] = args;
  if (args.includes('--help')) return void process.stdout.write(help());
  const noted = command === 'verify-audit' ? parseHead(rest[0] ?? '') : undefined;
  if (!Object.hasOwn(COMMANDS, command) || rest.length > (noted ? 1 : 0)) {
    process.stderr.write(help());
    process.exitCode = 78;
    return;
  }
  // What a command does not need is not loaded: help and a wrong configuration are told at once.
  if (command === 'print-sdl') {
    const { makeSdl } = await import('./graphql/schema.js');
    process.stdout.write(makeSdl());
    return;
  }
  const config = processConfig();
  const { pino } = await import('pino');
  const log = pino({ level: config.logLevel, timestamp: pino.stdTimeFunctions.isoTime });
  if (command === 'migrate') {
    const { migrate } = await import('./migrate.js');
    await migrate(config, log);
    return;
  }
  if (command === 'verify-audit') {
    const { verifyAuditCommand } = await import('./audit/verify-audit.js');
    process.exitCode = await verifyAuditCommand(config, noted);
    return;
  }
  const { serve } = await import('./serve.js');
  const started = serve(config, log);
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      log.info({ signal }, 'stopping');
      setTimeout(() => process.exit(1), DRAIN_MS).unref();
      started
        .then((stop) => stop())
        .then(
          () => process.exit(0),
          (error: unknown) => {
            log.error({ err: error }, 'stopping failed');
            process.exit(1);
          },
        );
    });
  await started;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const { message, cause, stack } = error as Error;
  const known = error instanceof TrustcastError;
  process.stderr.write(
    `${known ? [message, (cause as Error | undefined)?.message].filter(Boolean).join(': ') : stack}\n`,
  );
  process.exit(error instanceof ConfigError ? 78 : 1);
});
