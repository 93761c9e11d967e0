import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startPartner } from '@trustcast/dev/partner.mjs';
import {
  type ApiManager,
  compileApiManager,
  startApiManager,
} from '@trustcast/dev/sample-api-manager/start-api-manager.mjs';
import { type Jdk, findJdks } from '@trustcast/dev/setup/find-jdks.mjs';
import { Authority } from '../kit/authority.js';
import { type Certificate, Installation, type RunningHost, pasted } from '../kit/installation.js';

/** The sentences of the certificates screen about running JVMs, on every JDK of this machine. */

/** What a running JVM gets at its next poll would take longer. */
const IMMEDIATELY_MS = 5_000;
const REFUSED = {
  exception: 'javax.net.ssl.SSLHandshakeException',
  message: expect.stringContaining('PKIX path building failed') as unknown,
};

let installation: Installation;
let host: RunningHost;
let jdks: Jdk[];
let classes: string;
const started: { stop: () => Promise<void> }[] = [];

beforeAll(async () => {
  installation = await Installation.start();
  jdks = await findJdks();
  host = await installation.host('host', { base: `jvm:${jdks[0]!.home}` });
  classes = join(host.directory, '..', 'classes');
  await compileApiManager({ jdk: jdks[0]!, classes });
}, 60_000);
afterEach(async () => {
  for (const each of started.splice(0).reverse()) await each.stop();
});
afterAll(() => installation.stop());

/** An HTTPS server that shows a certificate: of an authority, or its own. */
async function serve(identity?: { key: string; pem: string }, at?: string) {
  const options = { ...(identity && { identity }), ...(at && { port: Number(new URL(at).port) }) };
  const partner = await startPartner(options);
  if (at) expect(partner.url).toBe(at);
  started.push(partner);
  return partner;
}

/** An API Manager on every JDK, running before anything changes: the service knows that they are LIVE. */
async function running(url: string): Promise<ApiManager[]> {
  const managers: ApiManager[] = [];
  for (const jdk of jdks) {
    managers.push(await startApiManager({ jdk, classes, url, javaOptions: [host.javaAgent] }));
    started.push(managers.at(-1)!);
  }
  await until(async () => {
    const { agents } = await installation.query<{ agents: { nodes: { jvms: { pid: number; state: string }[] }[] } }>(
      '{ agents(environment: "apimanager") { nodes { jvms { pid state } } } }',
    );
    const live = agents.nodes.flatMap(({ jvms }) => jvms.filter(({ state }) => state === 'LIVE').map(({ pid }) => pid));
    return managers.every(({ pid }) => live.includes(pid));
  });
  return managers;
}

const calls = (managers: readonly ApiManager[]) => Promise.all(managers.map((manager) => manager.call()));
const all = (managers: readonly ApiManager[], expected: object) =>
  managers.map(() => expect.objectContaining(expected) as object);

interface Progress {
  readonly state: string;
  readonly hosts: { readonly total: number; readonly written: number };
  readonly jvms: { readonly total: number; readonly live: number };
}

/** Saves and deploys, and waits until what it reaches holds. @returns the certificate, and how long it took */
async function deploy(mutation: string, input: Record<string, unknown>, holds: (progress: Progress) => boolean) {
  const sentAt = performance.now();
  const { certificate, deployment } = await installation.insist(mutation, input);
  await until(async () => {
    const { progress } = await installation.query<{
      progress: { environments: (Progress & { environment: { name: string } })[] };
    }>(
      `query ($id: ID!) { progress: deployment(id: $id) { environments {
         environment { name } state hosts { total written } jvms { total live } } } }`,
      { id: deployment!.id },
    );
    const here = progress.environments.find(({ environment }) => environment.name === 'apimanager');
    return here === undefined || holds(here);
  });
  return { certificate: certificate!, ms: performance.now() - sentAt };
}
const isLive = ({ state, jvms }: Progress) => state === 'LIVE' && jvms.live === jdks.length;
const isWritten = ({ hosts }: Progress) => hosts.written === hosts.total;

const create = (name: string, pem: string, environments?: readonly string[]) => ({
  name,
  definitions: [pasted(name, pem, environments)],
});
const remove = ({ id, version }: Certificate) => ({ id, expectedVersion: version });
const update = ({ id, name, version, definitions }: Certificate, pem: string, environments?: readonly string[]) => ({
  ...remove({ id, name, version, definitions }),
  definitions: [{ id: definitions[0]!.id, ...pasted(name, pem, environments) }],
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('not within 30 s');
    await delay(5);
  }
}

describe('API Manager Environment and JVM TrustStore Synchronization', () => {
  test('"the API Manager environment has a special meaning": it is there from the first start', async () => {
    expect(await installation.query('{ environments { name kind } }')).toEqual({
      environments: [{ name: 'apimanager', kind: 'API_MANAGER' }],
    });
  });

  test('"Certificates assigned to this environment are automatically added to the API Manager application\'s JVM TrustStore": "server certificates are validated during HTTPS calls"', async () => {
    const [trusted, unknown] = [await Authority.make('Trusted CA'), await Authority.make('Unknown CA')];
    const partner = await serve(await trusted.issue());
    const managers = await running(partner.url);
    expect(await calls(managers)).toEqual(all(managers, REFUSED));
    const { certificate } = await deploy('createCertificate', create('trusted', await trusted.renew()), isLive);
    expect(await calls(managers)).toEqual(all(managers, { status: 200 }));
    // Validated, and not merely accepted: what another authority issued for the same address is refused.
    await partner.stop();
    await serve(await unknown.issue(), partner.url);
    expect(await calls(managers)).toEqual(all(managers, REFUSED));
    await deploy('deleteCertificate', remove(certificate), isLive);
  }, 60_000);

  test('"automatically loaded into the JVM when the application starts"', async () => {
    const authority = await Authority.make('Startup CA');
    const partner = await serve(await authority.issue());
    const { certificate } = await deploy('createCertificate', create('startup', await authority.renew()), isWritten);
    const managers: ApiManager[] = [];
    for (const jdk of jdks)
      managers.push(await startApiManager({ jdk, classes, url: partner.url, javaOptions: [host.javaAgent] }));
    started.push(...managers);
    expect(await calls(managers)).toEqual(all(managers, { status: 200 }));
    await deploy('deleteCertificate', remove(certificate), isWritten);
  }, 60_000);

  test('"When a certificate is added, updated, or deleted, the JVM TrustStore is updated immediately; no restart is required"', async () => {
    const [first, second] = [await Authority.make('First CA'), await Authority.make('Second CA')];
    const partner = await serve(await first.issue());
    const managers = await running(partner.url);
    expect(await calls(managers)).toEqual(all(managers, REFUSED));

    const added = await deploy('createCertificate', create('followed', await first.renew()), isLive);
    expect(await calls(managers)).toEqual(all(managers, { status: 200 }));

    const updated = await deploy('updateCertificate', update(added.certificate, await second.renew()), isLive);
    expect(await calls(managers)).toEqual(all(managers, REFUSED));
    await partner.stop();
    await serve(await second.issue(), partner.url);
    expect(await calls(managers)).toEqual(all(managers, { status: 200 }));

    const deleted = await deploy('deleteCertificate', remove(updated.certificate), isLive);
    expect(await calls(managers)).toEqual(all(managers, REFUSED));
    for (const { ms } of [added, updated, deleted]) expect(ms).toBeLessThan(IMMEDIATELY_MS);
  }, 60_000);

  test('"self-signed certificates": "must be assigned to the API Manager environment here. Otherwise, a PKIX certificate error will occur during connection"', async () => {
    const partner = await serve();
    const managers = await running(partner.url);
    expect(await calls(managers)).toEqual(all(managers, REFUSED));
    await installation.query(
      'mutation { createEnvironment(input: { name: "gateways", kind: GATEWAY }) { environment { id } } }',
    );
    const { certificate } = await deploy('createCertificate', create('self-signed', partner.pem, ['gateways']), isLive);
    expect(await calls(managers)).toEqual(all(managers, REFUSED));
    const both = ['gateways', 'apimanager'];
    const assigned = await deploy('updateCertificate', update(certificate, partner.pem, both), isLive);
    expect(await calls(managers)).toEqual(all(managers, { status: 200 }));
    await deploy('deleteCertificate', remove(assigned.certificate), isLive);
  }, 60_000);
});

describe('Truststore', () => {
  test('"trusted root certificate authorities (CA) are listed", and the "digital certificates used": as keytool lists those of the JDK', async () => {
    const authority = await Authority.make('Listed CA');
    const { certificate } = await deploy('createCertificate', create('listed', await authority.renew()), isWritten);
    const keytool = execFileSync(join(jdks[0]!.home, 'bin/keytool'), [
      '-list',
      '-cacerts',
      '-storepass',
      'changeit',
    ]).toString();
    const roots = Array.from(keytool.matchAll(/\(SHA-256\): ([0-9A-F:]{95})/g), ([, hex]) =>
      hex!.replaceAll(':', '').toLowerCase(),
    );
    expect(roots.length).toBeGreaterThan(0);
    const { truststore } = await installation.query<{
      truststore: { totalCount: number; nodes: { origin: string; alias: string; fingerprint: string }[] };
    }>(`{ truststore(environment: "apimanager", first: 500) { totalCount nodes { origin alias fingerprint } } }`);
    const of = (wanted: string) => truststore.nodes.filter(({ origin }) => origin === wanted);
    expect(of('MANAGED')).toMatchObject([{ alias: 'listed' }]);
    expect(
      of('BASE')
        .map(({ fingerprint }) => fingerprint)
        .sort(),
    ).toEqual(roots.sort());
    expect(truststore.totalCount).toBe(roots.length + 1);
    await deploy('deleteCertificate', remove(certificate), isWritten);
  }, 60_000);
});
