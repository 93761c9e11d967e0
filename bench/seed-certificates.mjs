/**
 * Certificates with a definition in `apimanager` each, straight into the tables: making them is not what is measured.
 * Their contents are no certificates, so no agent may run beside them.
 * @param {import('pg').Client} client
 * @param {number} count
 */
export async function seedCertificates(client, count) {
  await client.query(
    `WITH numbered AS (
       SELECT n, gen_random_uuid() AS certificate, gen_random_uuid() AS definition,
         encode(sha256(convert_to('seed ' || n, 'UTF8')), 'hex') AS fingerprint
       FROM generate_series(1, $1::integer) AS n
     ), contents AS (
       INSERT INTO x509_certificates (fingerprint, der, not_before, not_after, fields)
       SELECT fingerprint, convert_to(repeat('x', 800), 'UTF8'), now(), now() + interval '1 year', '{}' FROM numbered
     ), named AS (
       INSERT INTO certificates (id, name, description)
       SELECT certificate, 'seed-' || lpad(n::text, 6, '0'), 'The root of partner ' || n FROM numbered
     ), defined AS (
       INSERT INTO definitions (id, certificate_id, ordinal, alias, source, fingerprint)
       SELECT definition, certificate, 0, 'seed-' || n, 'CLIPBOARD', fingerprint FROM numbered
     ), placed AS (
       INSERT INTO definition_environments
         (certificate_id, environment_id, definition_id, alias, alias_key, fingerprint, deployment_id)
       SELECT certificate, e.id, definition, 'seed-' || n, 'seed-' || n, fingerprint, gen_random_uuid()
       FROM numbered CROSS JOIN environments e WHERE e.name = 'apimanager'
     )
     UPDATE environments SET entries = entries + $1::integer, encoded_bytes = encoded_bytes + 1100 * $1::bigint
     WHERE name = 'apimanager'`,
    [count],
  );
  await client.query('ANALYZE');
}
