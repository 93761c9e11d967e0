import 'reflect-metadata';
import { type GraphQLSchema, isInputObjectType, isObjectType, lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { guardNested, guardRoots } from './access-guard.js';
import { ApiTokenResolver } from './access/api-token-resolver.js';
import { GrantResolver } from './access/grant-resolver.js';
import { MeResolver } from './access/me.js';
import { AgentResolver } from './agents/agent-resolver.js';
import { EnrollmentTokenResolver } from './agents/enrollment-token-resolver.js';
import { AuditResolver } from './audit/audit-resolver.js';
import {
  CertificateDefinitionResolver,
  CertificatePayloadResolver,
  CertificateResolver,
} from './certificates/certificate-resolver.js';
import { DeploymentEnvironmentResolver } from './deployments/deployment-environment-resolver.js';
import { DeploymentResolver } from './deployments/deployment-resolver.js';
import { ChangeCertificatesResolver } from './certificates/change-certificates-resolver.js';
import {
  EnvironmentHistoryResolver,
  RevisionChangeResolver,
  RevisionResolver,
} from './environments/environment-history-resolver.js';
import { EnvironmentResolver } from './environments/environment-resolver.js';
import { CompromisedCertificateResolver } from './certificates/compromised-certificate.js';
import { CertificateImpactResolver } from './certificates/certificate-impact.js';
import { CertificateHistoryResolver } from './certificates/certificate-history-resolver.js';
import { CertificateListResolver } from './certificates/certificate-list-resolver.js';
import { AdvanceEpochPayloadResolver } from './environments/environment-payload.js';
import { IntakeResolver } from './intake/intake-resolver.js';
import { JwkListResolver } from './jwks/jwk-list-resolver.js';
import { JwkLinkResolver, JwkResolver } from './jwks/jwk-resolver.js';
import { ImportProgressResolver } from './exchange/import-progress.js';
import { ImportResolver } from './exchange/import-resolver.js';
import { RollbackPayloadResolver, RollbackResolver } from './rollback/rollback-resolver.js';
import { NodeResolver } from './shape/node-resolver.js';
import { EnvironmentIssuerListResolver, TruststoreIssuerListResolver } from './truststore/issuer-list.js';
import { TruststoreEntryResolver, TruststoreResolver } from './truststore/truststore-resolver.js';
import { userErrorTypes } from './user-errors/user-errors.js';
import { JwkAlgorithmsResolver } from './certificates/jwk-algorithms.js';
import { ImportItemResolver, ImportedDefinitionResolver } from './exchange/import-item-resolver.js';
import {
  CertificateDeploymentResolver,
  CertificateDeploymentsResolver,
} from './certificates/certificate-deployment.js';
import { EnvironmentCountsResolver } from './environments/environment-counts.js';

/** type-graphql makes the root types itself and takes no descriptions for them. */
const ROOTS = {
  Query: 'Read operations. Lists that can grow are connections with cursors.',
  Mutation: 'Write operations. A refused change is explained in `userErrors` and has changed nothing.',
  Subscription: 'Live updates over WebSocket, using the graphql-transport-ws protocol.',
};

export function makeSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [
      AdvanceEpochPayloadResolver,
      AgentResolver,
      ApiTokenResolver,
      GrantResolver,
      AuditResolver,
      CertificateResolver,
      CertificateDefinitionResolver,
      CertificateDeploymentResolver,
      CertificateDeploymentsResolver,
      CertificateHistoryResolver,
      CertificateImpactResolver,
      CertificateListResolver,
      CertificatePayloadResolver,
      CompromisedCertificateResolver,
      DeploymentResolver,
      DeploymentEnvironmentResolver,
      EnrollmentTokenResolver,
      EnvironmentCountsResolver,
      EnvironmentHistoryResolver,
      EnvironmentIssuerListResolver,
      EnvironmentResolver,
      IntakeResolver,
      JwkAlgorithmsResolver,
      JwkLinkResolver,
      JwkListResolver,
      JwkResolver,
      ImportItemResolver,
      ImportProgressResolver,
      ImportedDefinitionResolver,
      ImportResolver,
      TruststoreEntryResolver,
      TruststoreIssuerListResolver,
      TruststoreResolver,
      MeResolver,
      NodeResolver,
      RevisionChangeResolver,
      RevisionResolver,
      RollbackPayloadResolver,
      RollbackResolver,
      ChangeCertificatesResolver,
    ],
    orphanedTypes: userErrorTypes,
    // Demanded although every subscription brings its own source.
    pubSub: { publish: unused, subscribe: unused },
    // The domain checks its own rules.
    validate: false,
  });
  guardRoots(schema);
  guardNested(schema);
  for (const name of ['CertificateBy', 'CertificateSourceInput', 'ParseCertificatesInput']) demandOneOf(schema, name);
  preferPrefetched(schema, 'CertificateDefinition', 'environments');
  for (const [name, description] of Object.entries(ROOTS)) Object.assign(schema.getType(name) ?? {}, { description });
  return schema;
}

/** type-graphql does not know `@oneOf`: exactly one field of such an input is given. */
function demandOneOf(schema: GraphQLSchema, typeName: string): void {
  const type = schema.getType(typeName);
  if (!isInputObjectType(type)) throw new Error(`${typeName} is no input`);
  type.isOneOf = true;
}

/** Answers with the value that was read together with its object: type-graphql's call of the resolver costs 2 µs each time. */
function preferPrefetched(schema: GraphQLSchema, typeName: string, fieldName: string): void {
  const type = schema.getType(typeName);
  const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
  const resolve = field?.resolve;
  if (!resolve) throw new Error(`${typeName}.${fieldName} has no resolver`);
  field.resolve = (source: Readonly<Record<string, unknown>>, ...rest) => source[fieldName] ?? resolve(source, ...rest);
  // Query plans read it without a call.
  field.extensions = { ...field.extensions, prefetched: true };
}

/** The schema as text, sorted: the same for the same schema. */
export function makeSdl(): string {
  return `${printSchema(lexicographicSortSchema(makeSchema()))}\n`;
}

function unused(): never {
  throw new Error('subscriptions have sources of their own');
}
