import { EMPTY_SET, applyDelta, digestOf } from '@trustcast/schema';
import type { Harness } from '../support/harness.js';
import { type UserErrorView, createEnvironment } from '../support/mutations.js';
import type { ServiceProcess } from '../support/service-process.js';

export interface Plan {
  readonly expectedRevision: number;
  readonly steps: readonly {
    readonly name: string;
    readonly action: string;
    readonly before: { readonly fingerprint: string } | null;
    readonly after: { readonly fingerprint: string } | null;
    readonly retrusts: boolean;
    readonly recreates: boolean;
  }[];
  readonly jwks: readonly { readonly id: string }[];
  readonly jwkOptions: readonly string[];
}

const PLAN = `expectedRevision steps { name action before { fingerprint } after { fingerprint } retrusts recreates }
  jwks { id } jwkOptions`;

/** Environments that are rolled back, and what they have by their rows and by the log. */
export function rollbackStage(harness: Harness, service: ServiceProcess) {
  let serial = 0;

  async function planOf(environment: string, revision: number): Promise<Plan | null> {
    const { plan } = await service.query<{ plan: Plan | null }>(
      `query ($environment: String!, $revision: Int!) {
         plan: rollbackPlan(environment: $environment, revision: $revision) { ${PLAN} } }`,
      { environment, revision },
    );
    return plan;
  }

  async function rollBack(environment: string, revision: number, more: object = {}) {
    const plan = await planOf(environment, revision);
    const retrust = plan!.steps.flatMap(({ retrusts, after }) => (retrusts && after ? [after.fingerprint] : []));
    const { payload } = await service.query<{
      payload: {
        deployment: { environments: { revision: number; environment: { name: string } }[] } | null;
        plan: Plan | null;
        userErrors: UserErrorView[];
      };
    }>(
      `mutation ($input: RollbackEnvironmentInput!) { payload: rollbackEnvironment(input: $input) {
         deployment { environments { revision environment { name } } } plan { ${PLAN} }
         userErrors { __typename code message field ... on RetrustNotConfirmed { fingerprints }
           ... on JwkDecisionRequired { options jwks { id } } } } }`,
      { input: { environment, revision, expectedRevision: plan!.expectedRevision, retrust, ...more } },
    );
    return payload;
  }

  /** Digest of what an environment has by its rows. */
  async function presentDigest(environmentId: string): Promise<string> {
    const { rows } = await harness.sql.query<{ alias: string; der: Buffer }>(
      `SELECT d.alias, x.der FROM definition_environments p JOIN definitions d ON d.id = p.definition_id
       JOIN x509_certificates x ON x.fingerprint = p.fingerprint WHERE p.environment_id = $1`,
      [environmentId],
    );
    const set = applyDelta(EMPTY_SET, { removals: [], upserts: rows });
    return digestOf({ installation: environmentId, environment: environmentId }, set);
  }

  /** Digest of what the log says that an environment had at a revision. */
  async function loggedDigest(environmentId: string, revision: number): Promise<string> {
    const { rows } = await harness.sql.query<{ removals: string[]; upserts: { alias: string; fingerprint: string }[] }>(
      'SELECT removals, upserts FROM revisions WHERE environment_id = $1 AND revision <= $2 ORDER BY revision',
      [environmentId, revision],
    );
    const contents = await harness.sql.query<{ fingerprint: string; der: Buffer }>(
      'SELECT fingerprint, der FROM x509_certificates',
    );
    const ders = new Map(contents.rows.map(({ fingerprint, der }) => [fingerprint, der]));
    const set = rows.reduce(
      (before, { removals, upserts }) =>
        applyDelta(before, {
          removals,
          upserts: upserts.map(({ alias, fingerprint }) => ({ alias, der: ders.get(fingerprint)! })),
        }),
      EMPTY_SET,
    );
    return digestOf({ installation: environmentId, environment: environmentId }, set);
  }

  async function currentRevision(environmentId: string): Promise<number> {
    const { rows } = await harness.sql.query<{ revision: string }>('SELECT revision FROM environments WHERE id = $1', [
      environmentId,
    ]);
    return Number(rows[0]!.revision);
  }

  async function makeEnvironment() {
    const name = `rollback-${++serial}`;
    return { name, id: await createEnvironment(service, name), serial };
  }

  return { planOf, rollBack, presentDigest, loggedDigest, currentRevision, makeEnvironment };
}
