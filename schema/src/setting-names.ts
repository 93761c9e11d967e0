/**
 * Names of the settings of every program. One shell may hold them all: a name of another program is no mistake, a name of
 * none is.
 */
export const SETTING_NAMES = {
  service: [
    'TRUSTCAST_DATABASE_CONNECTIONS',
    'TRUSTCAST_NATS_USERS_FILE',
    'TRUSTCAST_NATS_PID_FILE',
    'TRUSTCAST_AGENT_NATS_URL',
    'TRUSTCAST_AGENT_NATS_USER',
    'TRUSTCAST_AGENT_NATS_PASSWORD',
    'TRUSTCAST_AGENT_NATS_PASSWORD_FILE',
    'TRUSTCAST_HOST',
    'TRUSTCAST_PORT',
    'TRUSTCAST_SIGNING_KEY_FILE',
    'TRUSTCAST_ADMIN_TOKEN_FILE',
    'TRUSTCAST_MIGRATE',
    'TRUSTCAST_RETRIEVE_REFUSE',
    'TRUSTCAST_KEEP_IDEMPOTENCY_KEYS_DAYS',
    'TRUSTCAST_KEEP_LEFTOVERS_DAYS',
    'TRUSTCAST_STREAM_REPLICAS',
    'TRUSTCAST_RETRIEVE_PROXY',
    'TRUSTCAST_RETRIEVE_PROXY_FILE',
    'TRUSTCAST_LOG_LEVEL',
  ],
  agent: [
    'TRUSTCAST_SERVICE_URL',
    'TRUSTCAST_CA_FILE',
    'TRUSTCAST_AGENT_TOKEN',
    'TRUSTCAST_AGENT_TOKEN_FILE',
    'TRUSTCAST_PINNED_KEYS',
    'TRUSTCAST_ENVIRONMENT',
    'TRUSTCAST_DIRECTORY',
    'TRUSTCAST_BASE',
    'TRUSTCAST_BASE_PASSWORD',
    'TRUSTCAST_BASE_PASSWORD_FILE',
    'TRUSTCAST_TRUSTSTORE_PASSWORD',
    'TRUSTCAST_TRUSTSTORE_PASSWORD_FILE',
    'TRUSTCAST_PEM_BUNDLE',
    'TRUSTCAST_JVM_AGENT_JAR',
    'TRUSTCAST_ATTACH',
    'TRUSTCAST_LOG_LEVEL',
  ],
  cli: ['TRUSTCAST_URL', 'TRUSTCAST_CA_FILE', 'TRUSTCAST_TOKEN', 'TRUSTCAST_TOKEN_FILE'],
} as const;

const KNOWN: ReadonlySet<string> = new Set(Object.values(SETTING_NAMES).flat());

/** Names in an environment that are meant for Trustcast and are the setting of no program: most likely misspelt. */
export function unknownSettings(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.keys(environment).filter((name) => name.startsWith('TRUSTCAST_') && !KNOWN.has(name));
}
