import { lookup } from 'node:dns/promises';
import type { Log } from '@trustcast/config';
import { isLoopback } from '@trustcast/schema';

/** One address of a host: for `localhost` Fastify would make a second server, which knows none of the first one's limits. */
export async function addressToListenOn(host: string): Promise<string> {
  return host === 'localhost' ? (await lookup(host)).address : host;
}

/** Says that the service speaks HTTP without TLS, and who hears it. */
export function tellPlain(host: string, log: Log): void {
  if (isLoopback(host)) log.info('HTTP without TLS, for this machine alone', { host });
  else
    log.warn(
      'HTTP without TLS on an address that other machines reach: tokens cross the network in the clear unless TLS ends in front; set TRUSTCAST_TLS_CERTIFICATE_FILE and TRUSTCAST_TLS_KEY_FILE',
      { host },
    );
}
