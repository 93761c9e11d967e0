import { expect, test } from '@jest/globals';
import { makeCertificate } from '../support/make-certificate.js';
import { codes, createCertificate, deleteCertificate, pasted } from '../support/mutations.js';
import { until } from '../support/harness.js';
import { useHarness } from '../support/use-harness.js';

const harness = useHarness();
const CLIENTS = 40;
const REFUSED = 19;

test('certificates that are created at once are committed together, each with its revision and answer, and one that is refused takes nothing from the others', async () => {
  const service = await harness.start();
  // Refused by the statement itself, so that an error of the group could be taken for everybody's.
  const compromised = makeCertificate().pem;
  const input = (number: number) => {
    const pem = number === REFUSED ? compromised : makeCertificate().pem;
    return { name: `together-${number}`, definitions: [pasted(['apimanager'], `alias-${number}`, pem)] };
  };
  const inputs = Array.from({ length: CLIENTS }, (_, number) => input(number));
  const { certificate } = await createCertificate(service, { ...input(REFUSED), name: 'stolen' });
  await deleteCertificate(service, { id: certificate!.id, expectedVersion: 1, compromised: 'found on a forum' });
  const holder = await harness.sql.connect();
  await holder.query(`BEGIN; SELECT FROM environments WHERE name = 'apimanager' FOR UPDATE`);
  const asked = inputs.map((one) => createCertificate(service, one));
  await until(
    () => harness.sql.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'`),
    ({ rowCount }) => rowCount === 1,
  );
  // What was asked before this was read before it.
  await service.query('{ __typename }');
  await holder.query('COMMIT');
  holder.release();
  const answers = await Promise.all(asked);
  const made = answers.filter(({ userErrors }) => userErrors.length === 0);
  expect(answers.filter(({ userErrors }) => userErrors.length > 0).map(codes)).toEqual([['CERTIFICATE_COMPROMISED']]);
  const revisions = made.flatMap(({ deployment }) => deployment!.environments.map(({ revision }) => revision));
  expect(revisions.sort((a, b) => a - b)).toEqual(made.map((_, index) => index + 3));
  const named = await Promise.all(
    made.map(({ certificate, deployment }) =>
      harness.sql.query(
        `SELECT FROM revision_changes c JOIN revisions r USING (environment_id, revision)
         WHERE c.certificate_id = $1 AND r.deployment_id = $2 AND r.revision = $3`,
        [certificate!.id, deployment!.id, deployment!.environments[0]!.revision],
      ),
    ),
  );
  expect(named.map(({ rowCount }) => rowCount)).toEqual(made.map(() => 1));
  // What is committed together has the time of one transaction.
  const { rows } = await harness.sql.query<{ commits: number }>(
    'SELECT count(DISTINCT created_at)::integer AS commits FROM revisions',
  );
  expect(rows[0]!.commits).toBeLessThan(made.length);
});
