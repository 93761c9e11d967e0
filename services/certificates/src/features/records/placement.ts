import type { CertificateRecord } from './certificate-record.js';

/** One alias with one certificate in one environment: a line of that environment's set. */
export interface Placement {
  readonly environmentId: string;
  readonly definitionId: string;
  readonly alias: string;
  readonly aliasKey: string;
  readonly fingerprint: string;
  /** The deployment that brought it. */
  readonly deploymentId: string;
}

interface Line {
  readonly alias: string;
  readonly fingerprint: string;
}

/** What a change does to the set of one environment. */
export interface EnvironmentChange {
  readonly environmentId: string;
  readonly upserts: readonly (Line & { readonly replaces: boolean })[];
  /** Spellings that leave. */
  readonly removals: readonly string[];
  /** Lines that leave, also when their alias stays. */
  readonly replaced: readonly Line[];
}

/**
 * Leads from the placements that a certificate had to those that it shall have. Aliases that fold to the same key are
 * one entry: a mere respelling removes the old and adds the new.
 */
export function changesBetween(before: readonly Placement[], after: readonly Placement[]): EnvironmentChange[] {
  const environments = [...new Set([...before, ...after].map(({ environmentId }) => environmentId))].sort();
  return environments.flatMap((environmentId) => {
    const old = before.find((placement) => placement.environmentId === environmentId);
    const next = after.find((placement) => placement.environmentId === environmentId);
    if (old && next && samePlace(old, next)) return [];
    const removals = old && old.alias !== next?.alias ? [old.alias] : [];
    const upserts = next
      ? [{ alias: next.alias, fingerprint: next.fingerprint, replaces: old?.alias === next.alias }]
      : [];
    const replaced = old ? [{ alias: old.alias, fingerprint: old.fingerprint }] : [];
    return [{ environmentId, upserts, removals, replaced }];
  });
}

/** What the changes of several certificates do together: one change per environment. */
export function mergeChanges(changes: readonly EnvironmentChange[]): EnvironmentChange[] {
  const merged = new Map<string, EnvironmentChange[]>();
  for (const change of changes) {
    const same = merged.get(change.environmentId);
    if (same) same.push(change);
    else merged.set(change.environmentId, [change]);
  }
  return [...merged].map(([environmentId, same]) => ({
    environmentId,
    upserts: same.flatMap(({ upserts }) => upserts),
    removals: same.flatMap(({ removals }) => removals),
    replaced: same.flatMap(({ replaced }) => replaced),
  }));
}

/** Placements that change nothing keep the deployment that brought them. */
export function keepDeployments(before: readonly Placement[], after: readonly Placement[]): Placement[] {
  return after.map((next) => {
    const old = before.find((placement) => placement.environmentId === next.environmentId);
    return old && samePlace(old, next) ? { ...next, deploymentId: old.deploymentId } : next;
  });
}

function samePlace(a: Placement, b: Placement): boolean {
  return a.alias === b.alias && a.fingerprint === b.fingerprint;
}

/** A certificate as it is, with its lines. */
export interface ExistingCertificate {
  readonly certificate: CertificateRecord;
  readonly placements: readonly Placement[];
}
