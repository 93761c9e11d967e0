import type { Log } from '@trustcast/config';
import { GraphQLError } from 'graphql';

/**
 * Logs errors of fields that nobody waits for any more: graphql-js 16 forgets what is pending beside an item of a list that
 * fails at once, and Node would end the process. Any other rejection that is not handled ends it as before.
 */
export function logLostErrors(log: Log): void {
  process.on('unhandledRejection', (reason) => {
    if (!(reason instanceof GraphQLError)) throw reason;
    log.error('a field failed after its request had ended', {
      error: reason.originalError ?? reason,
      path: reason.path,
    });
  });
}
