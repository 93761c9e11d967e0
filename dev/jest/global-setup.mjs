import { testPostgres } from '../backends/test-backends.mjs';

/** One PostgreSQL for the whole run; each test file makes databases of its own in it. */
export default async function globalSetup() {
  const postgres = await testPostgres();
  process.env.TEST_DATABASE_URL = postgres.url;
  /** @type {any} */ (globalThis).trustcastPostgres = postgres;
  process.stdout.write(`PostgreSQL for the tests: ${postgres.source}\n`);
}
