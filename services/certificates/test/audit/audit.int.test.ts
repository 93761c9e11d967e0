import { describe, expect, test } from '@jest/globals';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import {
  createCertificate,
  createEnvironment,
  deleteCertificate,
  pasted,
  updateCertificate,
} from '../support/mutations.js';
import { runMain } from '../support/service-process.js';
import { createAgent } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);

interface AuditView {
  readonly id: string;
  readonly actor: string;
  readonly action: string;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
  readonly requestId: string;
  readonly seal: { readonly sequence: number } | null;
}
interface AuditPage {
  readonly nodes: readonly AuditView[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

async function audit(variables: object = {}): Promise<AuditPage> {
  const { page } = await service.query<{ page: AuditPage }>(
    `query ($first: Int, $after: String, $filter: AuditFilterInput) {
       page: audit(first: $first, after: $after, filter: $filter) {
         nodes { id at actor action address requestId certificateId environments
           revisions { environment epoch revision } before after details seal { sequence hash } }
         pageInfo { hasNextPage endCursor } } }`,
    { first: 50, ...variables },
  );
  return page;
}
const actions = ({ nodes }: AuditPage) => nodes.map(({ action }) => action);

async function makeCertificateIn(environment: string, name: string) {
  const { certificate } = await createCertificate(service, {
    name,
    definitions: [pasted([environment], name, makeCertificate().pem)],
  });
  return certificate!;
}

describe('the audit', () => {
  test('tells who did what from where, the revision, and what it was before and after', async () => {
    await createEnvironment(service, 'told');
    const { id } = await makeCertificateIn('told', 'told');
    await updateCertificate(service, { id, expectedVersion: 1, description: 'new' });
    await deleteCertificate(service, { id, expectedVersion: 2 });
    const { nodes } = await audit({ filter: { certificateId: id } });
    const common = {
      actor: expect.stringMatching(/^token:admin:/),
      address: '127.0.0.1',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      certificateId: id,
    };
    expect(nodes).toMatchObject([
      {
        ...common,
        action: 'deleteCertificate',
        environments: ['told'],
        revisions: [{ environment: 'told', epoch: 1, revision: 2 }],
        before: { name: 'told', version: 2 },
        after: null,
      },
      {
        ...common,
        action: 'updateCertificate',
        environments: [],
        revisions: [],
        before: { description: '', version: 1 },
        after: { description: 'new', version: 2 },
      },
      {
        ...common,
        action: 'createCertificate',
        environments: ['told'],
        revisions: [{ environment: 'told', epoch: 1, revision: 1 }],
        before: null,
        after: { name: 'told', version: 1 },
      },
    ]);
  });

  test('names the request as its answer does', async () => {
    const response = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${service.token}` },
      body: JSON.stringify({
        query: 'mutation { createEnvironment(input: { name: "by-request", kind: GATEWAY }) { environment { id } } }',
      }),
    });
    const requestId = response.headers.get('x-request-id');
    expect(actions(await audit({ filter: { requestId } }))).toEqual(['createEnvironment']);
  });

  test('has environments and agents as they were before and after', async () => {
    await createEnvironment(service, 'lived');
    const mutate = (text: string) => service.query(`mutation { payload: ${text} { userErrors { code } } }`);
    await mutate('updateEnvironment(input: { name: "lived", title: "Lived" })');
    const { agent } = await createAgent(service, 'lived', 'host');
    await mutate(`deleteAgent(input: { id: "${agent!.id}" })`);
    await mutate('deleteEnvironment(input: { name: "lived" })');
    expect((await audit({ filter: { environment: 'lived' } })).nodes).toMatchObject([
      { action: 'deleteEnvironment', before: { name: 'lived', title: 'Lived' }, after: null },
      { action: 'deleteAgent', before: { name: 'host', environment: 'lived' }, after: null },
      { action: 'createAgent', before: null, after: { name: 'host', environment: 'lived' } },
      { action: 'updateEnvironment', before: { title: 'lived' }, after: { title: 'Lived' } },
      { action: 'createEnvironment', before: null, after: { name: 'lived' } },
    ]);
  });

  test('is filtered by actor, action, environment and time, and read page by page', async () => {
    await createEnvironment(service, 'paged');
    for (const name of ['paged-1', 'paged-2', 'paged-3']) await makeCertificateIn('paged', name);
    const filter = { environment: 'paged', action: 'createCertificate' };
    const first = await audit({ first: 2, filter });
    const rest = await audit({ first: 2, filter, after: first.pageInfo.endCursor });
    expect([...first.nodes, ...rest.nodes].map(({ after }) => after?.name)).toEqual(['paged-3', 'paged-2', 'paged-1']);
    expect([first.pageInfo.hasNextPage, rest.pageInfo.hasNextPage]).toEqual([true, false]);
    const made = (await audit({ filter: { actor: 'service' } })).nodes;
    expect(made.map(({ action }) => action)).toEqual(['useSigningKey', 'createApiToken']);
    expect(made).toMatchObject([{ requestId: null }, { requestId: null }]);
    const middle = rest.nodes[0] as unknown as { at: string };
    expect((await audit({ filter: { ...filter, from: middle.at } })).nodes).toHaveLength(3);
    expect((await audit({ filter: { ...filter, until: middle.at } })).nodes).toHaveLength(0);
  });

  test.each([
    [{ after: 'garbage' }, 'not a cursor'],
    [{ filter: { certificateId: 'x' } }, 'UUID'],
    [{ filter: { actor: '\0' } }, 'NUL'],
    [{ first: 501 }, 'first must be'],
  ])('refuses to be asked with %j', async (variables, message) => {
    await expect(audit(variables)).rejects.toThrow(message);
  });

  test('lets no record and no seal be changed', async () => {
    for (const [table, column] of [
      ['audit', 'actor'],
      ['audit_seals', 'hash'],
    ] as const)
      for (const change of [`UPDATE ${table} SET ${column} = ''`, `DELETE FROM ${table}`, `TRUNCATE ${table}`])
        await expect(harness.sql.query(change)).rejects.toThrow('append-only');
  });
});

describe('verify-audit', () => {
  const verify = (...args: string[]) => runMain(['verify-audit', ...args], harness.environmentVariables);
  /** As somebody who may do everything to the database. */
  const tamper = (change: string) =>
    harness.sql.query(`BEGIN; SET LOCAL session_replication_role = replica; ${change}; COMMIT`);
  const sealed = () =>
    until(
      () => harness.sql.query<{ id: string }>('SELECT audit_id AS id FROM audit_unsealed'),
      ({ rows }) => rows.length === 0,
    );

  test('finds that the chain holds, and says its head', async () => {
    await sealed();
    const { code, output } = await verify();
    expect(output).toMatch(/^the audit holds: \d+ records sealed, 0 waiting\n\d+:[0-9a-f]{64}\n$/);
    expect(code).toBe(0);
    const head = output.trim().split('\n')[1]!;
    await createEnvironment(service, 'later');
    await sealed();
    expect(await verify(head)).toMatchObject({ code: 0 });
    expect(await verify(head.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')))).toMatchObject({
      code: 1,
      output: expect.stringContaining('the chain does not contain'),
    });
  });

  test('seals records in the order of their commits, whatever their ids', async () => {
    const late = await harness.sql.connect();
    try {
      await late.query(`BEGIN; INSERT INTO audit (actor, action) VALUES ('late', 'late')`);
      await createEnvironment(service, 'overtakes');
      await sealed();
      await late.query('COMMIT');
    } finally {
      late.release();
    }
    await sealed();
    const [lateRecord] = (await audit({ filter: { actor: 'late' } })).nodes;
    const [overtaker] = (await audit({ filter: { environment: 'overtakes' } })).nodes;
    expect(Number(lateRecord!.id)).toBeLessThan(Number(overtaker!.id));
    expect(lateRecord!.seal!.sequence).toBeGreaterThan(overtaker!.seal!.sequence);
    expect(await verify()).toMatchObject({ code: 0 });
  });

  test.each([
    ['changed', `UPDATE audit SET actor = 'me' WHERE id = $id`, `UPDATE audit SET actor = $actor WHERE id = $id`],
    ['missing', `CREATE TABLE kept AS SELECT * FROM audit WHERE id = $id; DELETE FROM audit WHERE id = $id`, ''],
  ])('says where a record was %s', async (word, change, repair) => {
    await createEnvironment(service, `tampered-${word}`);
    await sealed();
    const [record] = (await audit({ filter: { environment: `tampered-${word}` } })).nodes;
    await tamper(change.replaceAll('$id', record!.id));
    expect(await verify()).toEqual({
      code: 1,
      output: `seal ${record!.seal!.sequence}: record ${record!.id} ${word === 'changed' ? 'was changed' : 'is missing'}\n`,
    });
    await tamper(
      repair
        ? repair.replace('$actor', `'${record!.actor}'`).replace('$id', record!.id)
        : 'INSERT INTO audit OVERRIDING SYSTEM VALUE SELECT * FROM kept',
    );
    expect(await verify()).toMatchObject({ code: 0 });
  });

  test('says which seals were taken out, and which records with them', async () => {
    await createEnvironment(service, 'cut');
    await createEnvironment(service, 'cut-after');
    await sealed();
    const [record] = (await audit({ filter: { environment: 'cut' } })).nodes;
    const { sequence } = record!.seal!;
    await tamper(`CREATE TABLE cut AS SELECT * FROM audit_seals WHERE sequence = ${sequence};
      DELETE FROM audit_seals WHERE sequence = ${sequence}`);
    expect(await verify()).toEqual({
      code: 1,
      output: `seals ${sequence} to ${sequence} are missing\nrecord ${record!.id} was taken out of the chain\n`,
    });
    await tamper('INSERT INTO audit_seals SELECT * FROM cut');
    expect(await verify()).toMatchObject({ code: 0 });
  });
});
