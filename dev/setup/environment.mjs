/**
 * @typedef {object} Environment
 * @property {string | undefined} databaseUrl a PostgreSQL to use instead of starting one
 * @property {string | undefined} natsUrl a nats-server to use instead of starting one
 * @property {Record<string, string>} natsSettings how the service logs in there, and the users that it keeps for it
 * @property {Record<string, string>} tlsSettings with what the service speaks TLS
 * @property {string | undefined} natsServerBin the nats-server executable to start
 * @property {string | undefined} javaHome
 * @property {string[]} javaHomes further JDKs
 * @property {string[]} path the folders of PATH
 * @property {string | undefined} sourceDate SOURCE_DATE_EPOCH
 * @property {string | undefined} npmCli npm's own script, when npm started this process
 */

const NATS_SETTINGS = [
  'NATS_USER',
  'NATS_PASSWORD',
  'NATS_CA_FILE',
  'TRUSTCAST_ALLOW_PLAIN_NATS',
  'TRUSTCAST_NATS_USERS_FILE',
  'TRUSTCAST_NATS_PID_FILE',
];

const TLS_SETTINGS = ['TRUSTCAST_TLS_CERTIFICATE_FILE', 'TRUSTCAST_TLS_KEY_FILE'];

/**
 * Reads the variables that `dev/` understands; an empty variable counts as unset.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Readonly<Environment>}
 */
export function loadEnvironment(env = process.env) {
  const folders = (/** @type {string | undefined} */ list) => (list ?? '').split(':').filter(Boolean);
  const npmCli = env.npm_execpath?.endsWith('npm-cli.js') ? env.npm_execpath : undefined;
  return Object.freeze({
    databaseUrl: env.DATABASE_URL || undefined,
    natsUrl: env.NATS_URL || undefined,
    natsSettings: env.NATS_URL ? given(env, NATS_SETTINGS) : {},
    tlsSettings: given(env, TLS_SETTINGS),
    natsServerBin: env.NATS_SERVER_BIN || undefined,
    javaHome: env.JAVA_HOME || undefined,
    javaHomes: folders(env.JAVA_HOMES),
    path: folders(env.PATH),
    sourceDate: env.SOURCE_DATE_EPOCH || undefined,
    npmCli,
  });
}

/** @param {NodeJS.ProcessEnv} env @param {string[]} names @returns {Record<string, string>} */
function given(env, names) {
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}
