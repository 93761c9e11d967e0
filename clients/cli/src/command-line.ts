import { readFileSync } from 'node:fs';
import { types } from 'node:util';
import { ConfigError, embeddedText, settingsHelp } from '@trustcast/config';
import {
  OptionError,
  type OptionShape,
  nearest,
  parseOptions,
  printable,
  printableJson,
  table,
} from '@trustcast/terminal';
import { createGrant, deleteGrant, listGrants } from './commands/grants.js';
import { login, logout } from './commands/sign-in.js';
import { createToken, listTokens, revokeToken, whoami } from './commands/tokens.js';
import { createEnrollmentToken, listEnrollmentTokens, revokeEnrollmentToken } from './commands/enrollment-tokens.js';
import {
  createAgent,
  deleteAgent,
  listAgents,
  reenrollAgent,
  returnAgent,
  revokeAgent,
  setAgentAside,
} from './commands/agents.js';
import { apply } from './commands/apply.js';
import { deleteCertificate, listCertificates, retrieveCertificates, showCertificate } from './commands/certificates.js';
import { advanceEpoch, planEpoch } from './commands/epoch.js';
import { exportCertificates } from './commands/export.js';
import { importCertificates } from './commands/import.js';
import { listJwks, showJwk } from './commands/jwks.js';
import { watch } from './commands/watch.js';
import { type Command, EXIT, Given, type Option } from './command.js';
import { type LoadOptions, SETTINGS, loadConfig } from './config.js';
import { environmentsNamed } from './environments-named.js';
import { RefusedError, UsageError } from './errors.js';
import { Service } from './service/service.js';
import { SignInFile } from './sign-in/sign-in-file.js';
import { SignIn } from './sign-in/sign-in.js';

const COMMANDS: readonly Command[] = [
  apply,
  listCertificates,
  showCertificate,
  retrieveCertificates,
  deleteCertificate,
  listJwks,
  showJwk,
  createEnrollmentToken,
  listEnrollmentTokens,
  revokeEnrollmentToken,
  createAgent,
  listAgents,
  revokeAgent,
  reenrollAgent,
  deleteAgent,
  setAgentAside,
  returnAgent,
  planEpoch,
  advanceEpoch,
  exportCertificates,
  importCertificates,
  watch,
  listTokens,
  createToken,
  revokeToken,
  listGrants,
  createGrant,
  deleteGrant,
  login,
  logout,
  whoami,
];

const TOKENLESS =
  'TRUSTCAST_TOKEN or TRUSTCAST_TOKEN_FILE is required, or that you sign in with trustcast login: the first start of the service printed a token';

const COMMON: Readonly<Record<string, Option>> = {
  url: { value: 'URL', says: 'URL of the service; overrides TRUSTCAST_URL' },
  'token-file': { value: 'FILE', says: 'file that holds the token; overrides TRUSTCAST_TOKEN' },
  json: { says: 'prints JSON instead of text' },
  help: { says: 'shows this text' },
};

/** What a command line is run with. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: AsyncIterable<string | Uint8Array>;
  readonly stdout: { write(chunk: string | Uint8Array): unknown };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean };
}

/** Runs one command line and returns the exit code. */
export async function main(
  argv: readonly string[],
  { environment, stdin, stdout, stderr }: Surroundings,
): Promise<number> {
  const out = (text: string) =>
    void stdout.write(`${argv.includes('--json') ? printableJson(text) : printable(text)}\n`);
  const notify = (text: string) => void stderr.write(`${printable(text)}\n`);
  const say = (text: string) => {
    out(text);
    return EXIT.ok;
  };
  const complain = (message: string, exitCode: number) => {
    notify(`trustcast: ${message}`);
    return exitCode;
  };
  const [first, second] = argv;
  if (first === '--version') return say(version());
  if (first === undefined || ['--help', '-h', 'help'].includes(first)) return say(overview());
  const command =
    COMMANDS.find(({ name }) => name === `${first} ${second ?? ''}`) ?? COMMANDS.find(({ name }) => name === first);
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${first} `));
  if (!command && group.length > 0 && argv.slice(1).some((word) => ['--help', '-h', 'help'].includes(word)))
    return say(groupHelp(first, group));
  if (!command) return complain(unknown(first, second, group), EXIT.usage);
  let service: Service | undefined;
  let signIn: SignIn | undefined;
  try {
    const { words, given } = parseLine(command, argv.slice(command.name.split(' ').length));
    if (given.has('help')) return say(helpOf(command));
    const [least, most] = command.wordCount;
    if (words.length < least || words.length > most)
      throw new UsageError(`usage: trustcast ${command.name} ${command.words}`.trimEnd());
    const config = loadConfig(environment, { flags: flagsOf(given) });
    const file = new SignInFile(environment, config.url.href);
    const person = (signIn = new SignIn(config, file));
    const { token } = config;
    if (token === null && command.withoutToken !== true && (await file.read()) === null)
      throw new ConfigError([TOKENLESS]);
    service = new Service(config, token === null ? () => person.token() : () => Promise.resolve(token));
    return await command.run({
      service,
      signIn,
      words,
      options: given,
      json: given.has('json'),
      out,
      write: (bytes) => void stdout.write(bytes),
      notify,
      readInput: () => textOf(stdin),
      terminal: stderr.isTTY === true,
    });
  } catch (error) {
    const more = service && (await environmentsFor(error, service));
    const see = error instanceof OptionError ? `; see trustcast ${command.name} --help` : '';
    return complain(`${messageOf(error)}${see}${more ?? ''}`, exitCodeOf(error));
  } finally {
    const end = service?.tokenEnd;
    if (end) notify(`the API token expires at ${end.toISOString()}: have another one created before`);
    service?.close();
    signIn?.close();
  }
}

function parseLine(command: Command, args: readonly string[]): { words: readonly string[]; given: Given } {
  const options: Record<string, OptionShape> = {};
  for (const [name, { value, multiple = false }] of Object.entries({ ...command.options, ...COMMON }))
    options[name] = { type: value === undefined ? 'flag' : 'value', multiple };
  const { values, words } = parseOptions(args, options);
  return { words, given: new Given(values) };
}

function flagsOf(given: Given): NonNullable<LoadOptions['flags']> {
  const [url, file] = [given.text('url'), given.text('token-file')];
  return {
    ...(url !== undefined && { TRUSTCAST_URL: url }),
    ...(file !== undefined && { TRUSTCAST_TOKEN_FILE: file }),
  };
}

function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError) return EXIT.config;
  if (error instanceof UsageError || error instanceof OptionError) return EXIT.usage;
  return EXIT.notOk;
}

function messageOf(error: unknown): string {
  return types.isNativeError(error) ? error.message : String(error);
}

/** Who names an environment that there is not wants to know which there are. */
async function environmentsFor(error: unknown, service: Service): Promise<string | null> {
  if (!(error instanceof RefusedError) || !error.userErrors.some(({ code }) => code === 'ENVIRONMENT_NOT_FOUND'))
    return null;
  const names = await environmentsNamed(service, []).catch(() => null);
  return names && `\nthere are ${names.join(', ')}`;
}

function unknown(first: string, second: string | undefined, group: readonly Command[]): string {
  if (group.length > 0 && second === undefined)
    return `${first} needs one of ${group.map(({ name }) => name.slice(first.length + 1)).join(', ')}; see trustcast ${first} --help`;
  const given = group.length > 0 ? `${first} ${second ?? ''}` : first;
  const near = nearest(given, group.length > 0 ? group.map(({ name }) => name) : firstWords());
  const meant = near === undefined ? '' : `; did you mean ${near}?`;
  return `there is no command ${given}${meant}; see trustcast${group.length > 0 ? ` ${first}` : ''} --help`;
}

function firstWords(): string[] {
  return [...new Set(COMMANDS.map(({ name }) => name.split(' ')[0] ?? name))];
}

function groupHelp(first: string, group: readonly Command[]): string {
  const lines = group.map(({ name, words, summary }) => [`  ${name} ${words}`.trimEnd(), summary] as const);
  return `trustcast ${first}:\n\n${table(lines)}\n\ntrustcast ${first} <command> --help shows details.`;
}

function version(): string {
  const manifest = embeddedText('package.json') ?? readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

function overview(): string {
  const lines = COMMANDS.map(({ name, summary }) => [`  ${name}`, summary] as const);
  return `trustcast manages the certificates that running JVMs trust.\n\n${table(lines)}\n\n${SETTINGS_HELP}\n\ntrustcast <command> --help shows details.`;
}

async function textOf(stdin: Surroundings['stdin']): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

const SETTINGS_HELP = `Settings, in the environment:\n${settingsHelp(SETTINGS)}`;

function helpOf({ name, words, summary, help, options, exits = {} }: Command): string {
  const flags = Object.entries({ ...options, ...COMMON }).map(
    ([flag, { value, says }]) => [`  --${flag}${value === undefined ? '' : ` ${value}`}`, says] as const,
  );
  const waits = 'wait' in options ? { 3: 'made, and not proven everywhere when the waiting ended' } : {};
  const special = Object.entries({ ...exits, ...waits })
    .map(([code, meaning]) => `${code} ${meaning}, `)
    .join('');
  const usage = `trustcast ${name} ${words}`.trimEnd();
  return `${usage}: ${summary}\n\n${help}\n\nOptions:\n${table(flags)}\n\n${SETTINGS_HELP}\n\nExit codes: 0 success, 1 refused or failed, ${special}64 wrong command line or file, 78 configuration error.`;
}
