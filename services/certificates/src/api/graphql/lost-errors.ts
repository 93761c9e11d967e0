import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';

/**
 * Logs errors of fields that nobody waits for any more: graphql-js 16 forgets what is pending beside an item of a list that
 * fails at once, and Node would end the process. Any other rejection that is not handled ends it as before.
 */
export function logLostErrors(log: Logger): void {
  process.on('unhandledRejection', (reason) => {
    if (!(reason instanceof GraphQLError)) throw reason;
    log.error({ err: reason.originalError ?? reason, path: reason.path }, 'a field failed after its request had ended');
  });
}
