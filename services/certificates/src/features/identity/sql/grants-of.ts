import { type Grants, PERMISSIONS, type User, unionOf } from '../../records/grants.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

interface GrantRow {
  readonly issuer: string;
  readonly subject: string | null;
  readonly group: string | null;
  readonly permissions: readonly string[];
  /** Names; null: all. */
  readonly environments: readonly string[] | null;
}

const OF = (column: string, issuers: string, names: string) => `
  SELECT g.issuer, g.subject, g.group_name AS "group", g.permissions,
    CASE WHEN g.environments IS NOT NULL THEN ARRAY(SELECT e.name FROM environments e WHERE e.id = ANY (g.environments)) END
      AS environments
  FROM grants g JOIN unnest(${issuers}::text[], ${names}::text[]) AS asked (issuer, name)
    ON g.issuer = asked.issuer AND g.${column} = asked.name`;
const GRANTS = statement<GrantRow>(
  'grants_of',
  `${OF('subject', '$1', '$2')} UNION ALL ${OF('group_name', '$3', '$4')}`,
);

/** A user as a key of a map. */
export function userKey({ issuer, subject, groups }: User): string {
  return JSON.stringify([issuer, subject, groups]);
}

/** What each of these users may do by himself and by his groups, by {@link userKey}. */
export async function grantsOf(sql: Sql, keys: readonly string[]): Promise<Map<string, Grants>> {
  const users = keys.map((key) => ({ key, principals: principalsOf(key) }));
  const [subjects, groups] = [new Map<string, [string, string]>(), new Map<string, [string, string]>()];
  for (const { principals } of users) {
    subjects.set(principals.subject, principals.pair);
    for (const [key, pair] of principals.groups) groups.set(key, pair);
  }
  const columns = [subjects, groups].flatMap((pairs) => [
    [...pairs.values()].map(([issuer]) => issuer),
    [...pairs.values()].map(([, name]) => name),
  ]);
  const found = new Map<string, Grants[]>();
  for (const { issuer, subject, group, permissions, environments } of await sql.query(GRANTS, columns)) {
    const key = subject === null ? principal('group', issuer, group ?? '') : principal('subject', issuer, subject);
    const scope = environments && new Set(environments);
    const grants = new Map(PERMISSIONS.filter((each) => permissions.includes(each)).map((each) => [each, scope]));
    found.set(key, [...(found.get(key) ?? []), grants]);
  }
  return new Map(
    users.map(({ key, principals }) => [
      key,
      unionOf([principals.subject, ...principals.groups.keys()].flatMap((each) => found.get(each) ?? [])),
    ]),
  );
}

function principalsOf(key: string) {
  const [issuer, subject, groups] = JSON.parse(key) as [string, string, string[]];
  return {
    subject: principal('subject', issuer, subject),
    pair: [issuer, subject] as [string, string],
    groups: new Map(groups.map((group) => [principal('group', issuer, group), [issuer, group] as [string, string]])),
  };
}

function principal(kind: 'subject' | 'group', issuer: string, name: string): string {
  return JSON.stringify([kind, issuer, name]);
}
