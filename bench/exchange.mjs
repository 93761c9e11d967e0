import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { writePkcs12 } from '@trustcast/keystore';
import { graphqlClient, succeeded } from '@trustcast/dev/graphql-client.mjs';
import { makeCertificate } from '../services/certificates/dist/test/support/make-certificate.js';
import { withStack } from './bench-stack.mjs';

const IMPORT_TARGET_MS = 10_000;
const READ_TARGET_MS = 2_000;
const COUNTS = 'counts { added replaced refused } userErrors { code message }';

/** So many requests at once. */
const TOGETHER = 8;

/**
 * An environment with many managed certificates: taken over from a truststore, listed, looked at, moved to another
 * environment by an import, given JWKs, exported, and imported again into an installation that has none of it.
 * @param {{ certificates?: number, jwks?: number }} [options]
 * @returns {Promise<import('./run.mjs').Row[]>}
 */
export async function exchange({ certificates = 5_000, jwks = 1_000 } = {}) {
  const entries = Array.from({ length: certificates }, (_, index) => ({
    alias: `bench-${index}`,
    der: makeCertificate(`Bench ${index}`, { publicKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey })
      .der,
  }));
  /** @type {import('./run.mjs').Row[]} */
  const rows = [];
  /**
   * @template T
   * @param {string} what
   * @param {number} targetMs
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  const measure = async (what, targetMs, work) => {
    const startedAt = performance.now();
    const result = await work();
    const ms = performance.now() - startedAt;
    rows.push({
      figure: `${what}, ${certificates} certificates`,
      target: `<= ${targetMs} ms`,
      measured: `${ms.toFixed(0)} ms`,
      ok: ms <= targetMs,
    });
    return result;
  };
  /** @param {import('@trustcast/dev/graphql-client.mjs').GraphqlClient} query @param {string} type @param {string} action @param {object} input */
  const importing = async (query, type, action, input) => {
    const mutation = `mutation ($input: ${type}!) { payload: ${action}(input: $input) { ${COUNTS} } }`;
    const { counts } = succeeded(
      (
        await query(mutation, {
          input: { ...input, dryRun: false, confirmIssuerList: true, idempotencyKey: randomUUID() },
        })
      ).payload,
    );
    if (counts.added + counts.replaced !== certificates) throw new Error(JSON.stringify(counts));
  };
  const second = 'mutation { createEnvironment(input: { name: "second", kind: GATEWAY }) { environment { id } } }';

  const zip = await withStack(async ({ url, token }) => {
    const query = graphqlClient({ url, token });
    /** @param {string} path */
    const download = async (path) => {
      const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      return Buffer.from(await response.arrayBuffer());
    };
    const truststore = writePkcs12(entries).toString('base64');
    await measure('import of a truststore', IMPORT_TARGET_MS, () =>
      importing(query, 'ImportTruststoreInput', 'importTruststore', { environment: 'apimanager', content: truststore }),
    );
    await measure('page of 500', READ_TARGET_MS, () =>
      query('{ certificates(first: 500) { nodes { id name definitions { alias fingerprint } } totalCount } }'),
    );
    await measure('truststore view, page of 500', READ_TARGET_MS, () =>
      query(`{ truststore(environment: "apimanager", first: 500) {
        nodes { alias fingerprint jvms live content { subject notAfter } } totalCount } }`),
    );
    await measure('truststore as PKCS#12', READ_TARGET_MS, () => download('/environments/apimanager/truststore'));
    const before = await download('/export?format=zip');
    await query(second);
    await measure('import that replaces all', IMPORT_TARGET_MS, () =>
      importing(query, 'ImportCertificatesInput', 'importCertificates', {
        content: before.toString('base64'),
        environmentMapping: [{ from: 'apimanager', to: 'second' }],
        onConflict: 'REPLACE',
      }),
    );
    await makeJwks(query, jwks);
    await measure(`page of 500 of ${jwks} JWKs`, READ_TARGET_MS, () =>
      query('{ jwks(first: 500) { nodes { id name kid link { certificate { name } } } totalCount } }'),
    );
    await measure(`JWK set of ${jwks}`, READ_TARGET_MS, () => download('/environments/second/jwks.json'));
    await measure(`export as JSON with ${jwks} JWKs`, READ_TARGET_MS, () => download('/export?format=json'));
    return measure(`export as ZIP with ${jwks} JWKs`, IMPORT_TARGET_MS, () => download('/export?format=zip'));
  });
  await withStack(async ({ url, token }) => {
    const query = graphqlClient({ url, token });
    await query(second);
    await measure(`import with ${jwks} JWKs`, IMPORT_TARGET_MS, () =>
      importing(query, 'ImportCertificatesInput', 'importCertificates', { content: zip.toString('base64') }),
    );
    const { totalCount } = (await query('{ jwks(first: 1) { totalCount } }')).jwks;
    if (totalCount !== jwks) throw new Error(`${totalCount} JWKs`);
  });
  return rows;
}

/** JWKs in `second`. @param {import('@trustcast/dev/graphql-client.mjs').GraphqlClient} query @param {number} count */
async function makeJwks(query, count) {
  /** @type {string[]} */
  const ids = [];
  for (let after = null; ids.length < count;) {
    const page =
      'query ($after: String) { certificates(first: 500, after: $after) { nodes { id } pageInfo { endCursor } } }';
    const { nodes, pageInfo } = (await query(page, { after })).certificates;
    ids.push(...nodes.map((/** @type {{ id: string }} */ { id }) => id));
    after = pageInfo.endCursor;
  }
  const left = ids.slice(0, count).entries();
  const worker = async () => {
    for (const [index, certificateId] of left)
      succeeded(
        (
          await query(
            'mutation ($input: CreateJwkInput!) { payload: createJwk(input: $input) { userErrors { code message } } }',
            {
              input: {
                certificateId,
                environment: 'second',
                name: `bench-${index}`,
                use: 'SIGNATURE',
                algorithm: 'ES256',
              },
            },
          )
        ).payload,
      );
  };
  await Promise.all(Array.from({ length: TOGETHER }, worker));
}
