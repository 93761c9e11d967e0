import { beforeAll, describe, expect, test } from '@jest/globals';
import { type CertificateExpiring, EXPIRING_EVENT_TYPE, subjectsOf } from '@trustcast/schema';
import { announceExpiry } from '../../src/features/expiry/announce-expiry.js';
import { type Database, openDatabase } from '../../src/platform/postgres/database.js';
import { installationId } from '../../src/platform/postgres/installation.js';
import type { Event, PublishEvents } from '../../src/platform/nats/publish-events.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createJwk, disconnectJwk } from '../support/jwk-mutations.js';
import { createCertificate, createEnvironment, deleteCertificate, pasted } from '../support/mutations.js';
import type { ServiceProcess } from '../support/service-process.js';
import { useHarness } from '../support/use-harness.js';

const harness = useHarness();
let service: ServiceProcess;
let database: Database;
const DAY_MS = 86_400_000;

beforeAll(async () => {
  service = await harness.start();
  database = await openDatabase(harness.databaseUrl);
  harness.onStop(() => database.close());
});

async function deploy(environment: string, name: string, days: number): Promise<Date> {
  const made = makeCertificate(name, { days });
  await createCertificate(service, { name, definitions: [pasted([environment], name, made.pem)] });
  const { rows } = await harness.sql.query<{ not_after: Date }>(
    'SELECT not_after FROM x509_certificates WHERE fingerprint = $1',
    [made.fingerprint],
  );
  return rows[0]!.not_after;
}

/** Far from its end by the service's own clock, which looks too. */
const FAR_DAYS = 400;
const before = (end: Date, days: number) => new Date(end.getTime() - days * DAY_MS);

/** What is announced at a time, of one environment. */
async function announced(environment: string, now: Date): Promise<CertificateExpiring[]> {
  const found: Event[] = [];
  const publish: PublishEvents = (kind, name, events) => {
    if (kind === 'expiring' && name === environment) found.push(...events);
    return Promise.resolve();
  };
  await announceExpiry(database, publish, now);
  return found.map(({ body }) => JSON.parse(Buffer.from(body).toString()) as CertificateExpiring);
}

describe('certificate-expiring', () => {
  test('is told 60, 30, 14, 7 and 1 days before the end, once each', async () => {
    await createEnvironment(service, 'steps');
    const end = await deploy('steps', 'steps', FAR_DAYS);
    const told: number[] = [];
    for (let daysLeft = 62; daysLeft >= -2; daysLeft--)
      for (const now of [before(end, daysLeft), new Date(before(end, daysLeft).getTime() + 1)])
        for (const notice of await announced('steps', now)) {
          expect(notice.daysLeft).toBe(notice.days - 1);
          told.push(notice.days);
        }
    expect(told).toEqual([60, 30, 14, 7, 1]);
  });

  test('tells the step that is reached, and not those that were passed before', async () => {
    await createEnvironment(service, 'late');
    const end = await deploy('late', 'late', FAR_DAYS);
    expect((await announced('late', before(end, 9.5))).map(({ days }) => days)).toEqual([14]);
    expect((await announced('late', before(end, 0.5))).map(({ days }) => days)).toEqual([1]);
  });

  test('is told for each environment', async () => {
    await createEnvironment(service, 'one');
    await createEnvironment(service, 'other');
    const made = makeCertificate('both', { days: FAR_DAYS });
    await createCertificate(service, { name: 'both', definitions: [pasted(['one', 'other'], 'both', made.pem)] });
    const found: string[] = [];
    await announceExpiry(
      database,
      (kind, environment) => Promise.resolve(void found.push(`${kind} ${environment}`)),
      new Date(Date.now() + (FAR_DAYS - 5) * DAY_MS),
    );
    expect(found).toEqual(expect.arrayContaining(['expiring one', 'expiring other']));
  });

  test('names the JWKs that were made from it, also when they are all that is left of it', async () => {
    await createEnvironment(service, 'with-jwk');
    const end = await deploy('with-jwk', 'with-jwk', FAR_DAYS);
    const { certificate } = await service.query<{ certificate: { id: string } }>(
      '{ certificate(by: { name: "with-jwk" }) { id } }',
    );
    const input = { environment: 'with-jwk', name: 'signing', use: 'SIGNATURE', algorithm: 'ES256' };
    const { jwk } = await createJwk(service, { ...input, certificateId: certificate.id });
    const [notice] = await announced('with-jwk', before(end, 25));
    expect(notice).toMatchObject({
      days: 30,
      alias: 'with-jwk',
      jwks: [{ id: jwk!.id, name: 'signing', kid: jwk!.kid }],
    });
    await disconnectJwk(service, { id: jwk!.id, expectedVersion: jwk!.version });
    await deleteCertificate(service, { id: certificate.id, expectedVersion: 1 });
    const [left] = await announced('with-jwk', before(end, 5));
    expect(left).toMatchObject({ days: 7, certificate: null, alias: null, jwks: [{ name: 'signing' }] });
  });

  test('is told again when it could not be published', async () => {
    await createEnvironment(service, 'again');
    const now = before(await deploy('again', 'again', FAR_DAYS), 3);
    await expect(announceExpiry(database, () => Promise.reject(new Error('no NATS')), now)).rejects.toThrow('no NATS');
    expect(await announced('again', now)).toHaveLength(1);
    expect(await announced('again', now)).toHaveLength(0);
  });

  test('is told by one of two who look at the same time', async () => {
    await createEnvironment(service, 'race');
    const now = before(await deploy('race', 'race', FAR_DAYS), 3);
    const both = await Promise.all([announced('race', now), announced('race', now)]);
    expect(both.flat()).toHaveLength(1);
  });

  test('is published on NATS by the service, with the attributes of CloudEvents', async () => {
    await createEnvironment(service, 'wire');
    const notAfter = await deploy('wire', 'wire', 20);
    const nats = await harness.connectNats();
    const subscription = nats.subscribe(subjectsOf(await installationId(database)).expiring('wire'), { max: 1 });
    await nats.flush();
    // A process that comes to lead looks at once.
    await service.stop();
    service = await harness.start();
    for await (const message of subscription) {
      const body = message.json<CertificateExpiring>();
      expect(body).toMatchObject({
        environment: { name: 'wire' },
        certificate: { name: 'wire' },
        alias: 'wire',
        subject: 'CN=wire',
        notAfter: notAfter.toISOString().replace('.000', ''),
        days: 30,
        daysLeft: 19,
      });
      expect(message.headers?.get('ce-type')).toBe(EXPIRING_EVENT_TYPE);
      expect(message.headers?.get('ce-subject')).toBe('wire');
      expect(message.headers?.get('ce-id')).toBe(`${body.environment.id}.${body.fingerprint}.30`);
      expect(message.headers?.get('Nats-Msg-Id')).toBe(message.headers?.get('ce-id'));
    }
  });
});

test('metrics have the time when the first certificate of an environment ends', async () => {
  await createEnvironment(service, 'measured');
  const end = await deploy('measured', 'measured', 100);
  await deploy('measured', 'measured-later', 200);
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  expect(metrics).toContain(
    `trustcast_earliest_certificate_end_timestamp_seconds{environment="measured"} ${end.getTime() / 1000}\n`,
  );
});
