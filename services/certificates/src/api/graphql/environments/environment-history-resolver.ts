import { Args, Ctx, Extensions, FieldResolver, Resolver, Root } from 'type-graphql';
import { AuditRecord, auditRecordOf } from '../audit/audit-record.js';
import type { RevisionChangeRecord, RevisionRecord } from '../../../features/environments/sql/environment-history.js';
import type { Context } from '../context.js';
import { Deployment, DeploymentEnvironment, deploymentEnvironment } from '../deployments/deployment.js';
import { instance } from '../shape/instance.js';
import { PageArguments, connectionOf, numberCursor, readNumberedPage } from '../shape/connection.js';
import { Environment } from './environment.js';
import {
  Revision,
  RevisionChange,
  RevisionChangeConnection,
  RevisionChangeEdge,
  RevisionConnection,
  RevisionCounts,
  RevisionEdge,
} from './environment-history.js';
import { EnvironmentEntry } from './environment-entry.js';
import { Certificate } from '../certificates/certificate.js';

const CHANGES_SIZE = 20;
const cursorOfRevision = numberCursor<RevisionRecord>('revision', ({ revision }) => revision);
const cursorOfChange = numberCursor<RevisionChangeRecord>('change', ({ number }) => number);

@Resolver(() => Environment)
export class EnvironmentHistoryResolver {
  @FieldResolver(() => RevisionConnection, { description: 'Lists the revisions of the environment, newest first.' })
  async history(
    @Root() { id }: Environment,
    @Args(() => PageArguments) given: PageArguments,
    @Ctx() { histories }: Context,
  ): Promise<RevisionConnection> {
    const page = readNumberedPage(given, 'revision');
    const rows = await histories.ofEnvironments.load({ parent: id, ...page });
    const nodeOf = (row: RevisionRecord) => instance(Revision, row);
    return instance(RevisionConnection, connectionOf(RevisionEdge, rows, page, { nodeOf, cursorOf: cursorOfRevision }));
  }
}

@Resolver(() => Revision)
export class RevisionResolver {
  @FieldResolver(() => AuditRecord, {
    nullable: true,
    description: 'Audit record of the change, with actor, address and mutation. Null if no record names this revision.',
  })
  async record(@Root() { deploymentId }: Revision, @Ctx() { histories }: Context) {
    const row = await histories.records.load(deploymentId);
    return row && auditRecordOf(row);
  }

  @FieldResolver(() => DeploymentEnvironment, {
    description:
      'Progress of the revision by host and JVM. A host or JVM at a later revision counts as having reached this one.',
  })
  progress(@Root() { deploymentId, environmentId, epoch, revision }: Revision): DeploymentEnvironment {
    return deploymentEnvironment({ deploymentId, environmentId, epoch, revision });
  }

  @FieldResolver(() => Deployment, {
    nullable: true,
    description:
      'Deployment that created the revision, possibly in other environments as well. Null if it is no longer known.',
  })
  deployment(@Root() { deploymentId }: Revision, @Ctx() { deployments }: Context) {
    return deployments.load(deploymentId);
  }

  @FieldResolver(() => RevisionCounts, { description: 'Numbers of certificates that the revision changed.' })
  async counts(@Root() { environmentId, revision }: Revision, @Ctx() { histories }: Context) {
    const { added = 0, changed = 0, removed = 0 } = (await histories.counts.load({ environmentId, revision })) ?? {};
    return instance(RevisionCounts, { added, changed, removed });
  }

  @Extensions({ pageSize: CHANGES_SIZE })
  @FieldResolver(() => RevisionChangeConnection, {
    description: `Lists the changes by certificate, ${CHANGES_SIZE} a page by default. Advancing the epoch changes none.`,
  })
  async changes(
    @Root() { environmentId, revision }: Revision,
    @Args(() => PageArguments) given: PageArguments,
    @Ctx() { histories }: Context,
  ): Promise<RevisionChangeConnection> {
    const parent = { environmentId, revision };
    const page = readNumberedPage(given, 'change', CHANGES_SIZE);
    const rows = await histories.changes.load({ parent, ...page });
    const lineOf = (line: RevisionChangeRecord['before']) => line && instance(EnvironmentEntry, line);
    const nodeOf = ({ certificateId, name, before, after }: RevisionChangeRecord) =>
      instance(RevisionChange, { certificateId, name, before: lineOf(before), after: lineOf(after) });
    const fields = connectionOf(RevisionChangeEdge, rows, page, { nodeOf, cursorOf: cursorOfChange });
    return instance(RevisionChangeConnection, fields);
  }
}

@Resolver(() => RevisionChange)
export class RevisionChangeResolver {
  @FieldResolver(() => Certificate, {
    nullable: true,
    description: 'The certificate in its current state, or null if it was deleted.',
  })
  certificate(@Root() { certificateId }: RevisionChange, @Ctx() { certificates }: Context) {
    return certificates.load(certificateId);
  }
}
