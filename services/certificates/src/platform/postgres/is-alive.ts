import { setTimeout as delay } from 'node:timers/promises';
import { type Sql, statement } from './statement.js';

const ASK = statement<object>('is_alive', 'SELECT 1');
const PATIENCE_MS = 1_000;

/** Whether the database answers within a short time. */
export async function isAlive(sql: Sql): Promise<boolean> {
  const answered = sql.query(ASK).then(
    () => true,
    () => false,
  );
  return Promise.race([answered, delay(PATIENCE_MS, false, { ref: false })]);
}
