import { Pool, type PoolConfig } from 'pg';

/**
 * A pool that lives on when its server goes away. That can be told of twice, by the server's last message and by the end
 * of the connection, and also while a client is out, when pg's own pool listens for one error or none: an error that
 * nobody hears ends the process.
 */
export class SurvivingPool extends Pool {
  constructor(config: PoolConfig, onError: (error: Error) => void) {
    super(config);
    this.on('error', onError);
    this.on('connect', (client) => client.on('error', onError));
  }
}
