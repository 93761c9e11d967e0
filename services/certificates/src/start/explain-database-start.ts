import { StartError } from '../platform/start-error.js';

const TLS_CODES =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?)|CERT_\w+|ERR_TLS_CERT_ALTNAME_INVALID|ERR_SSL_\w+|EPROTO)$/;

/** Explains SQLSTATEs and messages of libpq to the operator who set DATABASE_URL. */
const DATABASE: readonly (readonly [RegExp, string, string])[] = [
  [
    /^28/,
    'DATABASE_LOGIN_REFUSED',
    'PostgreSQL refuses the login; set user and password in DATABASE_URL, or pg_hba.conf',
  ],
  [/^3D000$/, 'DATABASE_MISSING', 'the database that DATABASE_URL names does not exist; create it with ENCODING UTF8'],
  [
    /^42501$/,
    'DATABASE_RIGHT_MISSING',
    'the user of DATABASE_URL lacks a right; grant it, or make the user owner of the database',
  ],
  [
    /^42P07$|^42710$/,
    'DATABASE_NOT_OURS',
    'the database that DATABASE_URL names holds tables of something else; name an empty one of its own',
  ],
  [
    /^55000$/,
    'DATABASE_CLOSED',
    'the database takes no connections; allow them by ALTER DATABASE … ALLOW_CONNECTIONS true, or name another one',
  ],
  [
    /^57014$/,
    'DATABASE_TIME_TOO_SHORT',
    'PostgreSQL ends statements before they are done; raise statement_timeout in DATABASE_URL, or of the role or database',
  ],
  [/^42P01$/, 'DATABASE_NOT_MIGRATED', 'the database has not the tables of this version; run main.js migrate first'],
  [
    /^0A000$|^42704$/,
    'DATABASE_TOO_OLD',
    'PostgreSQL does not know what this version needs; use PostgreSQL 14 or later',
  ],
];

/** Explains an error that lasts until an operator changes something; undefined if it may pass or is a defect of the service. */
export function explainDatabaseStart(error: unknown): StartError | undefined {
  if (error instanceof StartError) return error;
  const { code, message, path } = databaseErrorIn(error);
  // A missing socket fails in `connect`; any other file is one that DATABASE_URL names.
  if (code === 'ENOENT' && path !== undefined && !path.includes('.s.PGSQL.'))
    return new StartError(
      'DATABASE_FILE_MISSING',
      `there is no file ${path}, which DATABASE_URL names (sslrootcert, sslcert or sslkey)`,
    );
  for (const [codes, name, cure] of DATABASE)
    if (code !== undefined && codes.test(code)) return new StartError(name, cure, error);
  if (/must be a string|no password/i.test(message ?? ''))
    return new StartError('DATABASE_LOGIN_REFUSED', 'PostgreSQL asks for a password; set one in DATABASE_URL', error);
  if (/does not support SSL/i.test(message ?? ''))
    return new StartError(
      'DATABASE_TLS_FAILED',
      'PostgreSQL has no TLS; leave sslmode out of DATABASE_URL, or switch ssl on there',
      error,
    );
  if (code !== undefined && TLS_CODES.test(code))
    return new StartError(
      'DATABASE_TLS_FAILED',
      'the TLS certificate of PostgreSQL is not trusted; name its CA by sslrootcert=<file> in DATABASE_URL, and the host by its name in the certificate',
      error,
    );
  return undefined;
}

interface DatabaseFailure {
  readonly code?: string;
  readonly message?: string;
  readonly path?: string;
}

/** Finds the error of PostgreSQL or of the connection in a chain of causes. */
function databaseErrorIn(error: unknown): DatabaseFailure {
  let found = error as DatabaseFailure;
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 5; depth += 1) {
    const { driverError, cause, code, name } = at as { driverError?: unknown; cause?: unknown } & NodeJS.ErrnoException;
    if (code !== undefined && (/^[0-9A-Z]{5}$|^E[A-Z]+$/.test(code) || TLS_CODES.test(code))) found = at;
    else if (name !== 'QueryFailedError' && driverError === undefined && cause === undefined) break;
    at = driverError ?? cause;
  }
  return found;
}
