import { type CertificateExpiring, EXPIRING_EVENT_TYPE } from '@trustcast/schema';
import { claimExpiryNotices } from './sql/claim-expiry-notices.js';
import type { Database } from '../../platform/postgres/database.js';
import type { Event, PublishEvents } from '../../platform/nats/publish-events.js';

const BATCH = 500;

/**
 * Publishes a `certificate-expiring` event for every step that a certificate of an environment has reached by `now`, once.
 * A publication that fails takes its notes back; one whose commit is lost is repeated under the same id.
 *
 * @returns how many
 */
export async function announceExpiry(database: Database, publish: PublishEvents, now: Date): Promise<number> {
  for (let total = 0; ;) {
    const published = await database.transaction(async (transaction) => {
      const notices = await claimExpiryNotices(transaction, now, BATCH);
      for (const name of new Set(notices.map(({ environment }) => environment.name))) {
        const events = notices.filter(({ environment }) => environment.name === name).map((each) => eventOf(each, now));
        await publish('expiring', name, events);
      }
      return notices.length;
    });
    total += published;
    if (published < BATCH) return total;
  }
}

function eventOf(notice: CertificateExpiring, now: Date): Event {
  return {
    type: EXPIRING_EVENT_TYPE,
    id: `${notice.environment.id}.${notice.fingerprint}.${notice.days}`,
    subject: notice.environment.name,
    time: now.getTime(),
    once: true,
    body: Buffer.from(JSON.stringify(notice)),
  };
}
