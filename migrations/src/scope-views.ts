/**
 * What a caller sees who may not see every environment: views that carry the names of tables and show the rows of some
 * environments. A session whose search path begins with this schema reads through them, whatever it asks; the environments
 * are those that `trustcast.environments` names, separated by commas. Without that setting nothing is shown.
 *
 * A migration that adds a column to one of these tables, or a table with rows of environments, runs this again: a view has
 * the columns that its table had. Tables of later migrations are not there yet when an earlier one runs this. The test `scoped-reads` compares them.
 */
const VIEWS: Readonly<Record<string, string>> = {
  environments: `name = ANY (trustcast_scope.names())`,
  definition_environments: `environment_id IN (SELECT id FROM trustcast_scope.environments)`,
  definitions: `EXISTS (SELECT FROM trustcast_scope.definition_environments p WHERE p.definition_id = t.id)`,
  certificates: `EXISTS (SELECT FROM trustcast_scope.definition_environments p WHERE p.certificate_id = t.id)`,
  certificate_owners: `EXISTS (SELECT FROM trustcast_scope.definition_environments p WHERE p.certificate_id = t.certificate_id)`,
  compromised_certificates: `false`,
  revisions: `environment_id IN (SELECT id FROM trustcast_scope.environments)`,
  revision_changes: `environment_id IN (SELECT id FROM trustcast_scope.environments)`,
  publications: `environment_id IN (SELECT id FROM trustcast_scope.environments)`,
  divergences: `environment_id IN (SELECT id FROM trustcast_scope.environments)`,
  held_sets: `environment_id IN (SELECT id FROM trustcast_scope.environments)`,
  expiry_notices: `environment_id IN (SELECT id FROM trustcast_scope.environments)`,
  agents: `environment_id IN (SELECT id FROM trustcast_scope.environments)`,
  agent_statuses: `environment_id IN (SELECT id FROM trustcast_scope.environments)`,
  target_jvms: `agent_id IN (SELECT id FROM trustcast_scope.agents)`,
  jwks: `environment_id IN (SELECT id FROM trustcast_scope.environments)`,
  retiring_keys: `environment_id IN (SELECT id FROM trustcast_scope.environments)`,
  audit: `environments <> '{}' AND environments <@ trustcast_scope.names()`,
  api_tokens: `false`,
  grants: `false`,
  enrollment_tokens: `environment_id IN (SELECT id FROM trustcast_scope.environments)`,
};

export const SCOPE_VIEWS = `
DROP SCHEMA IF EXISTS trustcast_scope CASCADE;
CREATE SCHEMA trustcast_scope;
CREATE FUNCTION trustcast_scope.names() RETURNS text[] STABLE LANGUAGE sql AS
  $$ SELECT string_to_array(nullif(current_setting('trustcast.environments', true), ''), ',') $$;
${Object.entries(VIEWS)
  .map(
    ([table, condition]) => `
DO $view$ BEGIN
  IF to_regclass('${table}') IS NOT NULL THEN
    CREATE VIEW trustcast_scope.${table} AS SELECT * FROM ${table} t WHERE ${condition};
  END IF;
END $view$;`,
  )
  .join('\n')}
`;
