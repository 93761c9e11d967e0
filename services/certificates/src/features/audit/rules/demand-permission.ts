import { ACCESS, type Need } from '../../records/access-table.js';
import { ForbiddenError } from '../../records/forbidden.js';
import { type Grants, type Permission, type Scope, holdsIn, knownEnvironments } from '../../records/grants.js';

/** Records of a change that is part of a mutation with another name. */
const PART_OF: Readonly<Record<string, keyof typeof ACCESS>> = {
  changeOwner: 'Mutation.updateCertificate',
};

/** What whoever makes a change of this name must hold. What nobody has thought of is the administrator's. */
export function permissionFor(action: string): Permission {
  const needs: Readonly<Record<string, Need | undefined>> = ACCESS;
  return (needs[PART_OF[action] ?? `Mutation.${action}`] ?? { permission: null }).permission ?? 'ADMIN';
}

/** The environments in which such a change may be made; null: in all. */
export function scopeFor(grants: Grants, action: string): Scope {
  const scope = grants.get(permissionFor(action));
  return scope === undefined ? new Set() : scope;
}

/** Refuses a change that its author may not make where it is made. @throws ForbiddenError */
export function demandPermission(grants: Grants, action: string, environments: readonly string[]): void {
  const permission = permissionFor(action);
  const missing = environments.filter((name) => !holdsIn(grants, permission, name));
  if (missing.length > 0) throw new ForbiddenError(permission, toldTo(grants, missing));
  // What belongs to no environment is everybody's.
  if (environments.length === 0 && !holdsIn(grants, permission, null) && !ANYWHERE.has(action))
    throw new ForbiddenError(permission);
}

/** Of these environments, those that may be named to him. */
export function toldTo(grants: Grants, environments: readonly string[]): readonly string[] {
  const known = knownEnvironments(grants);
  return environments.filter((name) => known === null || known.has(name));
}

/** They change nothing, and belong to no environment. */
const ANYWHERE: ReadonlySet<string> = new Set(['retrieveCertificates', 'parseCertificates']);
