import type { Permission } from './grants.js';

/**
 * Where a permission must hold.
 *
 * - `EVERYWHERE`: in all environments, because what is asked for belongs to none.
 * - `SOMEWHERE`: in one at least. What is shown, and where something may be changed, is then limited to the environments
 *   in which it holds.
 * - `NAMED`: in those that the arguments name.
 */
export type Where = 'EVERYWHERE' | 'SOMEWHERE' | 'NAMED';

export interface Need {
  readonly permission: Permission | null;
  readonly where: Where;
  /** `input.id` names an object that the caller must be able to see. */
  readonly id?: 'seen';
}

/** `METRICS_TOKEN` only where one is set. */
export type RouteNeed = Permission | 'BY_FIELD' | 'NOTHING' | 'METRICS_TOKEN' | 'ENROLLMENT_TOKEN' | 'AGENT';

const need = (permission: Permission, where: Where, id?: Need['id']): Need => ({
  permission,
  where,
  ...(id && { id }),
});

/** Everybody who is known. */
const KNOWN: Need = { permission: null, where: 'SOMEWHERE' };

/** What each field of the root types demands. A test holds it to the schema. */
export const ACCESS = {
  'Query.advanceEpochPlan': need('ADMIN', 'NAMED'),
  'Query.agents': need('VIEW', 'NAMED'),
  'Query.apiTokens': need('ADMIN', 'EVERYWHERE'),
  'Query.audit': need('VIEW', 'SOMEWHERE'),
  'Query.certificate': need('VIEW', 'SOMEWHERE'),
  'Query.certificates': need('VIEW', 'SOMEWHERE'),
  'Query.compromisedCertificates': need('VIEW', 'EVERYWHERE'),
  'Query.deployment': need('VIEW', 'SOMEWHERE'),
  'Query.enrollmentTokens': need('MANAGE', 'NAMED'),
  'Query.environment': need('VIEW', 'NAMED'),
  'Query.environments': need('VIEW', 'SOMEWHERE'),
  'Query.grants': need('ADMIN', 'EVERYWHERE'),
  'Query.importProgress': need('DEPLOY', 'SOMEWHERE'),
  'Query.jwk': need('VIEW', 'SOMEWHERE'),
  'Query.jwks': need('VIEW', 'SOMEWHERE'),
  'Query.me': KNOWN,
  'Query.node': need('VIEW', 'SOMEWHERE'),
  'Query.rollbackPlan': need('VIEW', 'NAMED'),
  'Query.truststore': need('VIEW', 'NAMED'),
  'Mutation.advanceEpoch': need('ADMIN', 'NAMED'),
  'Mutation.changeCertificates': need('DEPLOY', 'SOMEWHERE'),
  'Mutation.createAgent': need('MANAGE', 'NAMED'),
  'Mutation.createApiToken': need('ADMIN', 'EVERYWHERE'),
  'Mutation.createCertificate': need('DEPLOY', 'NAMED'),
  'Mutation.createEnrollmentToken': need('MANAGE', 'NAMED'),
  'Mutation.createEnvironment': need('ADMIN', 'EVERYWHERE'),
  'Mutation.createGrant': need('ADMIN', 'EVERYWHERE'),
  'Mutation.createJwk': need('DEPLOY', 'NAMED'),
  'Mutation.deleteAgent': need('MANAGE', 'SOMEWHERE', 'seen'),
  'Mutation.deleteCertificate': need('DEPLOY', 'SOMEWHERE', 'seen'),
  'Mutation.deleteEnvironment': need('ADMIN', 'EVERYWHERE'),
  'Mutation.deleteGrant': need('ADMIN', 'EVERYWHERE'),
  'Mutation.deleteJwk': need('DEPLOY', 'SOMEWHERE', 'seen'),
  'Mutation.disconnectJwk': need('DEPLOY', 'SOMEWHERE', 'seen'),
  'Mutation.importCertificates': need('DEPLOY', 'SOMEWHERE'),
  'Mutation.importTruststore': need('DEPLOY', 'NAMED'),
  'Mutation.liftCompromise': need('APPROVE', 'EVERYWHERE'),
  'Mutation.parseCertificates': need('MANAGE', 'SOMEWHERE'),
  'Mutation.reenrollAgent': need('MANAGE', 'SOMEWHERE', 'seen'),
  'Mutation.renameJwk': need('MANAGE', 'SOMEWHERE', 'seen'),
  'Mutation.retrieveCertificates': need('MANAGE', 'SOMEWHERE'),
  'Mutation.returnAgent': need('MANAGE', 'SOMEWHERE', 'seen'),
  'Mutation.revokeAgent': need('MANAGE', 'SOMEWHERE', 'seen'),
  'Mutation.revokeApiToken': need('ADMIN', 'EVERYWHERE'),
  'Mutation.revokeEnrollmentToken': need('MANAGE', 'SOMEWHERE'),
  'Mutation.rollbackEnvironment': need('DEPLOY', 'NAMED'),
  'Mutation.setAgentAside': need('MANAGE', 'SOMEWHERE', 'seen'),
  'Mutation.updateCertificate': need('DEPLOY', 'SOMEWHERE', 'seen'),
  'Mutation.updateEnvironment': need('MANAGE', 'NAMED'),
  'Subscription.deploymentProgress': need('VIEW', 'SOMEWHERE'),
  'Subscription.importProgress': need('DEPLOY', 'SOMEWHERE'),
  'Subscription.latestDeployment': need('VIEW', 'NAMED'),
} as const satisfies Readonly<Record<string, Need>>;

/**
 * Fields of other types that need more than their parent: they show what others did, and hosts with their JVMs. Who may look at nothing
 * gets their parents as the answer to a change.
 */
export const NESTED_ACCESS = {
  'Certificate.history': 'VIEW',
  'Certificate.impact': 'VIEW',
  'DeploymentEnvironment.targets': 'VIEW',
  'Environment.history': 'VIEW',
} as const satisfies Readonly<Record<string, Permission>>;

/**
 * What each HTTP route demands: a permission, for GraphQL that of each field, or another credential than those of people and programs. A
 * test holds it to the routes.
 */
export const ROUTES = {
  'GET /export': 'EXPORT',
  'GET /certificates/:id/definitions/:definition/file': 'EXPORT',
  'GET /environments/:name/truststore': 'EXPORT',
  'POST /uploads/parse': 'MANAGE',
  'POST /graphql': 'BY_FIELD',
  'GET /': 'NOTHING',
  'GET /console': 'NOTHING',
  'GET /console/*': 'NOTHING',
  'GET /sign-in': 'NOTHING',
  'GET /environments/:name/jwks.json': 'NOTHING',
  'GET /healthz': 'NOTHING',
  'GET /readyz': 'NOTHING',
  'GET /metrics': 'METRICS_TOKEN',
  'POST /agent/v1/enroll': 'ENROLLMENT_TOKEN',
  'POST /agent/v1/register': 'AGENT',
  'POST /agent/v1/key': 'AGENT',
  'GET /agent/v1/self': 'AGENT',
  'POST /agent/v1/base': 'AGENT',
  'GET /agent/v1/environments/:environment/heartbeat': 'AGENT',
  'POST /agent/v1/environments/:environment/held': 'AGENT',
  'POST /agent/v1/environments/:environment/status': 'AGENT',
  'GET /agent/v1/environments/:environment/set': 'AGENT',
} as const satisfies Readonly<Record<string, RouteNeed>>;
