/** What somebody may do, in order of weight. `docs/access.md` says what each is for. */
export const PERMISSIONS = ['VIEW', 'MANAGE', 'DEPLOY', 'APPROVE', 'EXPORT', 'ADMIN'] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** Names of the environments in which a permission holds; null: in all, also in those that are made later. */
export type Scope = ReadonlySet<string> | null;

/** The permissions of a caller, each with its scope. */
export type Grants = ReadonlyMap<Permission, Scope>;

/** Of the service itself, and of its operator on its own host. */
export const UNLIMITED: Grants = new Map(PERMISSIONS.map((permission) => [permission, null]));

/** Whether a permission holds somewhere. */
export function holdsSomewhere(grants: Grants, permission: Permission): boolean {
  return grants.has(permission);
}

/** Whether a permission holds in all environments, or in this one. */
export function holdsIn(grants: Grants, permission: Permission, environment: string | null): boolean {
  const scope = grants.get(permission);
  if (scope === undefined) return false;
  return scope === null || (environment !== null && scope.has(environment));
}

/** The environments that show in the answer to what needs this permission: a change is answered where it may be made. */
export function shownEnvironments(grants: Grants, permission: Permission): Scope {
  const known = new Map([...grants].filter(([name]) => name === permission || name === 'VIEW'));
  return knownEnvironments(known);
}

/** The environments that a caller knows of: those in which he may do anything at all. */
export function knownEnvironments(grants: Grants): Scope {
  const names = new Set<string>();
  for (const scope of grants.values()) {
    if (scope === null) return null;
    for (const name of scope) names.add(name);
  }
  return names;
}

/** The environments that a caller may look at. */
export function seenEnvironments(grants: Grants): Scope {
  return shownEnvironments(grants, 'VIEW');
}

/** Who asks, as the service knows him. */
export interface Caller {
  /** As the audit names him. */
  readonly actor: string;
  /** For people: name of the token or of the person. */
  readonly name: string;
  readonly kind: 'API_TOKEN' | 'USER';
  /** Who signed in; null: no person. */
  readonly user: User | null;
  readonly grants: Grants;
  /** When the token ends with which he asks; null: not by itself. */
  readonly expiresAt: Date | null;
}

/** A person, as an identity provider knows him. A subject and a group are the provider's: those of another one are others. */
export interface User {
  /** URL of the provider. */
  readonly issuer: string;
  readonly subject: string;
  readonly groups: readonly string[];
}

/** As the audit names a person; null for a token that nobody signed in with. */
export function personOf({ user, actor }: Caller): string | null {
  return user && actor;
}

/** Whether everything that was allowed still is. */
export function includes(grants: Grants, before: Grants): boolean {
  return [...before].every(([permission, scope]) => {
    const now = grants.get(permission);
    if (now === undefined || now === null) return now === null;
    return scope !== null && [...scope].every((name) => now.has(name));
  });
}

/** What several grants allow together. */
export function unionOf(all: readonly Grants[]): Grants {
  const union = new Map<Permission, Scope>();
  for (const permission of PERMISSIONS) {
    const scopes = all.map((grants) => grants.get(permission)).filter((scope) => scope !== undefined);
    if (scopes.length === 0) continue;
    union.set(permission, scopes.includes(null) ? null : new Set(scopes.flatMap((scope) => [...(scope ?? [])])));
  }
  return union;
}
