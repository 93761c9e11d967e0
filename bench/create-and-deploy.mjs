import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { makeCertificate } from '../services/certificates/dist/test/support/make-certificate.js';
import { withStack } from './bench-stack.mjs';
import { keepAliveClient, rate } from './keep-alive-client.mjs';
import { seedCertificates } from './seed-certificates.mjs';

const CLIENTS = 16;
const ENTRIES = 10_000;
const TARGET = 300;
const MUTATION = `mutation ($input: CreateCertificateInput!) {
  createCertificate(input: $input) { certificate { id } deployment { id } userErrors { code message } }
}`;

/**
 * Many clients save and deploy at once, each certificate a new one, into one environment that holds many already.
 * @param {{ creates?: number }} [options]
 * @returns {Promise<import('./run.mjs').Row[]>}
 */
export function createAndDeploy({ creates = 3_000 } = {}) {
  return withStack(async ({ url, token, postgres }) => {
    const database = new pg.Client(postgres.url);
    await database.connect();
    await seedCertificates(database, ENTRIES);
    const warmUp = 500;
    const bodies = Array.from({ length: creates + warmUp }, (_, number) => requestOf(number));
    const client = keepAliveClient({ url, token, connections: CLIENTS });
    const create = async (/** @type {string} */ body) => {
      const { data } = JSON.parse(String(await client.post(body)));
      if (data.createCertificate.userErrors.length > 0)
        throw new Error(JSON.stringify(data.createCertificate.userErrors));
    };
    try {
      await rate(CLIENTS, warmUp, (number) => create(bodies[number]));
      const perSecond = await rate(CLIENTS, creates, (number) => create(bodies[warmUp + number]));
      const { rows } = await database.query(`SELECT revision::integer FROM environments WHERE name = 'apimanager'`);
      if (rows[0].revision !== creates + warmUp) throw new Error('revisions are missing');
      return [
        {
          figure: `create-and-deploy, ${CLIENTS} clients, one environment of ${ENTRIES} entries`,
          target: `>= ${TARGET}/s`,
          measured: `${perSecond.toFixed(0)}/s`,
          ok: perSecond >= TARGET,
        },
      ];
    } finally {
      client.close();
      await database.end();
    }
  });
}

/** @param {number} number */
function requestOf(number) {
  const definition = {
    environments: ['apimanager'],
    alias: `bench-${number}`,
    from: { clipboard: { encoding: 'BASE64PEM', content: makeCertificate(`Bench ${number}`).pem } },
  };
  const name = `bench-${number}`;
  const input = { idempotencyKey: randomUUID(), name, definitions: [definition], confirmIssuerList: true };
  return JSON.stringify({ query: MUTATION, variables: { input } });
}
