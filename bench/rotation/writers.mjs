import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { graphqlClient, succeeded } from '@trustcast/dev/graphql-client.mjs';
import { makeCertificate } from '../../services/certificates/dist/test/support/make-certificate.js';

const WRITERS = 4;
const OWNED = 5;
const MUTATIONS = {
  create: `mutation ($input: CreateCertificateInput!) { payload: createCertificate(input: $input) {
    certificate { id version definitions { id } } deployment { environments { revision } } userErrors { code message } } }`,
  update: `mutation ($input: UpdateCertificateInput!) { payload: updateCertificate(input: $input) {
    certificate { id version definitions { id } } deployment { environments { revision } } userErrors { code message } } }`,
};

/**
 * Several writers, each with certificates of its own that it replaces in turn. What is not answered is asked again with the same
 * idempotency key, as a client does.
 * @param {{ url: string, token: string, perSecond: number }} options
 */
export function startWriters({ url, token, perSecond }) {
  const graphql = graphqlClient({ url, token });
  /** Revisions that the service has acknowledged. @type {number[]} */
  const revisions = [];
  /** What each alias has now, by fingerprint. @type {Map<string, string>} */
  const expected = new Map();
  let repeated = 0;
  let running = true;
  let changes = 0;
  const startedAt = performance.now();

  /** @param {keyof typeof MUTATIONS} mutation @param {object} input */
  const insist = async (mutation, input) => {
    const idempotencyKey = randomUUID();
    for (;;)
      try {
        const { payload } = await graphql(MUTATIONS[mutation], { input: { ...input, idempotencyKey } });
        const { certificate, deployment } = succeeded(payload);
        revisions.push(deployment.environments[0].revision);
        return certificate;
      } catch (error) {
        if (!/fetch failed|try again/.test(/** @type {Error} */ (error).message)) throw error;
        repeated += 1;
        await delay(20);
      }
  };

  /** @param {number} writer */
  const write = async (writer) => {
    /** @type {Map<string, any>} */
    const owned = new Map();
    for (let turn = 0; running; turn += 1) {
      const alias = `writer-${writer}-${turn % OWNED}`;
      const made = makeCertificate(alias);
      const before = owned.get(alias);
      const definition = {
        ...(before && { id: before.definitions[0].id }),
        environments: ['apimanager'],
        alias,
        from: { clipboard: { encoding: 'BASE64PEM', content: made.pem } },
      };
      const input = before ? { id: before.id, expectedVersion: before.version } : { name: alias };
      owned.set(alias, await insist(before ? 'update' : 'create', { ...input, definitions: [definition] }));
      expected.set(alias, made.fingerprint);
      changes += 1;
      const dueMs = ((turn + 1) * 1_000 * WRITERS) / perSecond;
      await delay(Math.max(0, startedAt + dueMs - performance.now()));
    }
  };
  const ended = Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
  // It is awaited when they are stopped; a failure before that ends the run there.
  ended.catch(() => undefined);
  return {
    stop: async () => {
      running = false;
      await ended;
      const seconds = (performance.now() - startedAt) / 1_000;
      return { revisions: revisions.toSorted((a, b) => a - b), expected, repeated, changes, seconds };
    },
  };
}
