import { setTimeout as delay } from 'node:timers/promises';
import { Gauge, type Registry } from 'prom-client';
import { certificatesByExpiry } from '../../../features/certificates/read/certificates-by-expiry.js';
import { type IssuerListRecord, allIssuerLists } from '../../../features/truststore/sql/issuer-lists.js';
import { countDuplicates } from '../../../features/agents/sql/log-duplicates.js';
import { tokensByExpiry } from '../../../features/identity/sql/expiring-tokens.js';
import { earliestEnds } from '../../../features/jwks/sql/earliest-ends.js';
import type { Sql } from '../../../platform/postgres/statement.js';

/** Time limit of a read, because a scraper gives up after some seconds. */
const PATIENCE_MS = 1_000;

interface Known {
  readonly at: number;
  readonly ending: readonly { readonly days: number; readonly number: number }[];
  readonly tokens: readonly { readonly days: number; readonly number: number }[];
  readonly duplicates: number;
  readonly ends: readonly { readonly environment: string; readonly seconds: number }[];
  readonly lists: readonly IssuerListRecord[];
}

/** Gauges that are read from PostgreSQL; the last values if it does not answer in time. */
export function databaseGauges(registry: Registry, sql: Sql): void {
  const registers = [registry];
  let known: Known | undefined;
  let reading: Promise<void> | undefined;
  const read = async () => {
    const [ending, tokens, duplicates, ends, lists] = await Promise.all([
      certificatesByExpiry(sql),
      tokensByExpiry(sql),
      countDuplicates(sql),
      earliestEnds(sql),
      allIssuerLists(sql),
    ]);
    known = { at: performance.now(), ending, tokens, duplicates, ends, lists };
  };
  const lately = async () => {
    reading ??= read()
      .catch(() => undefined)
      .finally(() => (reading = undefined));
    await Promise.race([reading, delay(PATIENCE_MS, undefined, { ref: false })]);
    return known;
  };
  new Gauge({
    name: 'trustcast_certificates_ending',
    help: 'Number of definitions whose certificate expires within the given days; 0 counts expired ones.',
    labelNames: ['within_days'],
    registers,
    async collect() {
      for (const { days, number } of (await lately())?.ending ?? []) this.set({ within_days: days }, number);
    },
  });
  new Gauge({
    name: 'trustcast_api_tokens_ending',
    help: 'Number of API tokens that expire within the given days and are not revoked; 0 counts expired ones.',
    labelNames: ['within_days'],
    registers,
    async collect() {
      for (const { days, number } of (await lately())?.tokens ?? []) this.set({ within_days: days }, number);
    },
  });
  new Gauge({
    name: 'trustcast_duplicate_agents',
    help: 'Number of agents whose key a second host reported with in the last ten minutes, as after a clone.',
    registers,
    async collect() {
      this.set((await lately())?.duplicates ?? 0);
    },
  });
  new Gauge({
    name: 'trustcast_earliest_certificate_end_timestamp_seconds',
    help: 'Earliest expiry among the certificates of an environment.',
    labelNames: ['environment'],
    registers,
    async collect() {
      this.reset();
      for (const { environment, seconds } of (await lately())?.ends ?? []) this.set({ environment }, seconds);
    },
  });
  new Gauge({
    name: 'trustcast_issuer_list_bytes',
    help: 'Bytes of the subjects of all anchors of an environment; Java clients accept up to 32,512 from a server.',
    labelNames: ['environment'],
    registers,
    async collect() {
      this.reset();
      for (const { name, managedBytes, baseBytes } of (await lately())?.lists ?? [])
        this.set({ environment: name }, managedBytes + baseBytes);
    },
  });
  new Gauge({
    name: 'trustcast_database_gauges_age_seconds',
    help: 'Age of the gauges that are read from PostgreSQL, which grows while it does not respond; -1 if never read.',
    registers,
    async collect() {
      const last = await lately();
      this.set(last ? (performance.now() - last.at) / 1_000 : -1);
    },
  });
}
