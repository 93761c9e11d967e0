import { writePkcs12 } from '@trustcast/keystore';
import { graphqlClient, succeeded } from '@trustcast/dev/graphql-client.mjs';
import { makeCertificate } from '../services/certificates/dist/test/make-certificate.js';
import { withStack } from './bench-stack.mjs';

const IMPORT_TARGET_MS = 10_000;
const READ_TARGET_MS = 2_000;
const COUNTS = 'counts { added replaced refused } userErrors { code message }';

/**
 * An environment with many managed certificates: taken over from a truststore, listed, looked at, exported, and imported
 * again into another environment.
 * @param {{ certificates?: number }} [options]
 * @returns {Promise<import('./run.mjs').Row[]>}
 */
export function exchange({ certificates = 5_000 } = {}) {
  const entries = Array.from({ length: certificates }, (_, index) => ({
    alias: `bench-${index}`,
    der: makeCertificate(`Bench ${index}`).der,
  }));
  return withStack(async ({ url, token }) => {
    const query = graphqlClient({ url, token });
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
    /** @param {string} path */
    const download = async (path) => {
      const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      return Buffer.from(await response.arrayBuffer());
    };
    /** @param {string} type @param {string} action @param {object} input */
    const importing = async (type, action, input) => {
      const mutation = `mutation ($input: ${type}!) { payload: ${action}(input: $input) { ${COUNTS} } }`;
      const { counts } = succeeded((await query(mutation, { input })).payload);
      if (counts.added + counts.replaced !== certificates) throw new Error(JSON.stringify(counts));
    };

    const truststore = writePkcs12(entries).toString('base64');
    await measure('import of a truststore', IMPORT_TARGET_MS, () =>
      importing('ImportTruststoreInput', 'importTruststore', {
        environment: 'apimanager',
        content: truststore,
        dryRun: false,
      }),
    );
    await measure('page of 500', READ_TARGET_MS, () =>
      query('{ certificates(first: 500) { nodes { id name definitions { alias fingerprint } } totalCount } }'),
    );
    await measure('truststore view, page of 500', READ_TARGET_MS, () =>
      query(`{ truststore(environment: "apimanager", first: 500) {
        nodes { alias fingerprint jvms live content { subject notAfter } } totalCount } }`),
    );
    await measure('truststore as PKCS#12', READ_TARGET_MS, () => download('/environments/apimanager/truststore'));
    await measure('export as JSON', READ_TARGET_MS, () => download('/export?format=json'));
    const zip = await measure('export as ZIP', IMPORT_TARGET_MS, () => download('/export?format=zip'));
    await query('mutation { createEnvironment(input: { name: "second", kind: GATEWAY }) { environment { id } } }');
    await measure('import that replaces all', IMPORT_TARGET_MS, () =>
      importing('ImportCertificatesInput', 'importCertificates', {
        content: zip.toString('base64'),
        environmentMapping: [{ from: 'apimanager', to: 'second' }],
        onConflict: 'REPLACE',
        dryRun: false,
      }),
    );
    return rows;
  });
}
