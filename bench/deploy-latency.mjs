import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { succeeded } from '@trustcast/dev/graphql-client.mjs';
import { startPartner } from '@trustcast/dev/partner.mjs';
import { compileApiManager, startApiManager } from '@trustcast/dev/sample-api-manager/start-api-manager.mjs';
import { findJdks } from '@trustcast/dev/setup/find-jdks.mjs';
import { quantileOf, withStack } from './bench-stack.mjs';

/** Between two looks: one who looks without a pause takes the cores from those who are looked at. */
const PAUSE_MS = 2;

/**
 * From the mutation being sent to the first handshake that succeeds in a JVM that was running before, and to LIVE being
 * readable through GraphQL. Each figure has rounds of its own, so that looking for one does not slow the other.
 * @param {{ rounds?: number }} [options]
 * @returns {Promise<import('./run.mjs').Row[]>}
 */
export function deployLatency({ rounds = 200 } = {}) {
  return withStack(async (stack, state) => {
    const partner = await startPartner();
    /** @type {import('@trustcast/dev/sample-api-manager/start-api-manager.mjs').ApiManager | undefined} */
    let manager;
    try {
      const [jdk] = await findJdks();
      const classes = join(state, 'classes');
      await compileApiManager({ jdk, classes });
      const host = await stack.startHost({ name: 'bench', base: `jvm:${jdk.home}` });
      manager = await startApiManager({ jdk, classes, url: partner.url, javaOptions: [host.javaAgent] });
      await untilLive(stack, manager.pid);
      const warmUp = 30;
      /** @type {Record<'handshake' | 'live', number[]>} */
      const times = { handshake: [], live: [] };
      for (let round = -warmUp; round < rounds; round++)
        for (const figure of /** @type {const} */ (['handshake', 'live'])) {
          const sentAt = performance.now();
          const { certificate, deployment } = await create(stack, partner.pem);
          if (figure === 'handshake') while ('exception' in (await manager.call())) await delay(PAUSE_MS);
          else while (!(await isLive(stack, deployment.id))) await delay(PAUSE_MS);
          if (round >= 0) times[figure].push(performance.now() - sentAt);
          const gone = await remove(stack, certificate);
          while (!(await isLive(stack, gone.id))) await delay(PAUSE_MS);
        }
      const row = (/** @type {string} */ figure, /** @type {number} */ target, /** @type {number} */ measured) => ({
        figure: `${figure}, ${rounds} changes`,
        target: `<= ${target} ms`,
        measured: `${measured.toFixed(1)} ms`,
        ok: measured <= target,
      });
      return [
        row('mutation sent -> first successful handshake, p50', 25, quantileOf(times.handshake, 0.5)),
        row('mutation sent -> first successful handshake, p99', 70, quantileOf(times.handshake, 0.99)),
        row('mutation sent -> LIVE readable through GraphQL, p50', 50, quantileOf(times.live, 0.5)),
      ];
    } finally {
      await manager?.stop();
      await partner.stop();
    }
  });
}

/** @param {import('@trustcast/dev/stack.mjs').Stack} stack @param {string} pem */
async function create(stack, pem) {
  const definition = {
    environments: ['apimanager'],
    alias: 'bench',
    from: { clipboard: { encoding: 'BASE64PEM', content: pem } },
  };
  const data = await stack.graphql(
    `mutation ($input: CreateCertificateInput!) {
      createCertificate(input: $input) { certificate { id version } deployment { id } userErrors { code message } }
    }`,
    { input: { name: 'bench', definitions: [definition], confirmIssuerList: true } },
  );
  return succeeded(data.createCertificate);
}

/** @param {import('@trustcast/dev/stack.mjs').Stack} stack @param {{ id: string, version: number }} certificate */
async function remove(stack, { id, version }) {
  const data = await stack.graphql(
    `mutation ($input: DeleteCertificateInput!) {
      deleteCertificate(input: $input) { deployment { id } userErrors { code message } }
    }`,
    { input: { id, expectedVersion: version } },
  );
  return succeeded(data.deleteCertificate).deployment;
}

/** @param {import('@trustcast/dev/stack.mjs').Stack} stack @param {string} id */
async function isLive(stack, id) {
  const { deployment } = await stack.graphql('query ($id: ID!) { deployment(id: $id) { environments { state } } }', {
    id,
  });
  return deployment.environments[0].state === 'LIVE';
}

/** @param {import('@trustcast/dev/stack.mjs').Stack} stack @param {number} pid */
async function untilLive(stack, pid) {
  const query = '{ agents(environment: "apimanager") { nodes { jvms { pid state } } } }';
  for (;;) {
    const { agents } = await stack.graphql(query);
    if (
      agents.nodes.some((/** @type {any} */ { jvms }) =>
        jvms.some((/** @type {any} */ jvm) => jvm.pid === pid && jvm.state === 'LIVE'),
      )
    )
      return;
    await delay(PAUSE_MS);
  }
}
