import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { AuditRecord, auditRecordOf } from '../audit/audit-record.js';
import type { RevisionChangeRecord } from '../../postgres/environment-history.js';
import type { Context } from '../context.js';
import { DeploymentEnvironment, deploymentEnvironment } from '../deployments/deployment.js';
import { instance } from '../instance.js';
import { AFTER, FIRST, numberedPage, pageAfter } from '../numbered-page.js';
import { Environment } from './environment.js';
import {
  Revision,
  RevisionChange,
  RevisionChangeConnection,
  RevisionConnection,
  RevisionCounts,
} from './environment-history.js';
import { EnvironmentLine } from './environment-line.js';

@Resolver(() => Environment)
export class EnvironmentHistoryResolver {
  @FieldResolver(() => RevisionConnection, { description: 'Its revisions, the latest first, page by page.' })
  async history(
    @Root() { id }: Environment,
    @Arg('first', () => Int, FIRST) first: number,
    @Arg('after', () => String, AFTER) after: string | null,
    @Ctx() { histories }: Context,
  ): Promise<RevisionConnection> {
    const rows = await histories.ofEnvironments.load({ parent: id, ...pageAfter('revision', first, after) });
    const page = numberedPage('revision', rows, first, ({ revision }) => revision);
    return instance(RevisionConnection, { ...page, nodes: page.nodes.map((row) => instance(Revision, row)) });
  }
}

@Resolver(() => Revision)
export class RevisionResolver {
  @FieldResolver(() => AuditRecord, {
    nullable: true,
    description: 'Who made it, from where, and by which mutation; null: the audit has no record that names it.',
  })
  async record(@Root() { deploymentId }: Revision, @Ctx() { histories }: Context) {
    const row = await histories.records.load(deploymentId);
    return row && auditRecordOf(row);
  }

  @FieldResolver(() => DeploymentEnvironment, {
    description: 'How far it came, and which hosts and JVMs that concerns; a later revision counts for it.',
  })
  progress(@Root() { deploymentId, environmentId, epoch, revision }: Revision): DeploymentEnvironment {
    return deploymentEnvironment({ deploymentId, environmentId, epoch, revision });
  }

  @FieldResolver(() => RevisionCounts, { description: 'How many certificates it changed.' })
  async counts(@Root() { environmentId, revision }: Revision, @Ctx() { histories }: Context) {
    const { added = 0, changed = 0, removed = 0 } = (await histories.counts.load({ environmentId, revision })) ?? {};
    return instance(RevisionCounts, { added, changed, removed });
  }

  @FieldResolver(() => RevisionChangeConnection, {
    description: 'What it changed, by certificate, page by page; a new epoch changes nothing.',
  })
  async changes(
    @Root() { environmentId, revision }: Revision,
    @Arg('first', () => Int, { ...FIRST, defaultValue: 20 }) first: number,
    @Arg('after', () => String, AFTER) after: string | null,
    @Ctx() { histories }: Context,
  ): Promise<RevisionChangeConnection> {
    const parent = { environmentId, revision };
    const rows = await histories.changes.load({ parent, ...pageAfter('change', first, after) });
    const page = numberedPage('change', rows, first, ({ id }) => id);
    const lineOf = (line: RevisionChangeRecord['before']) => line && instance(EnvironmentLine, line);
    const nodes = page.nodes.map(({ certificateId, name, before, after: since }) =>
      instance(RevisionChange, { certificateId, name, before: lineOf(before), after: lineOf(since) }),
    );
    return instance(RevisionChangeConnection, { ...page, nodes });
  }
}
