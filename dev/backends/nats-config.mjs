/**
 * @typedef {object} NatsUser
 * @property {string} user
 * @property {string} password
 * @property {readonly string[]} publish the subjects it may publish to; empty: none; `>`: all
 * @property {readonly string[]} subscribe likewise
 *
 * @typedef {object} NatsConfig
 * @property {{ certificate: string, key: string }} [tls] files; clients must speak TLS then
 * @property {readonly NatsUser[]} [users] neither these nor usersFile: everyone who reaches the port may do everything
 * @property {string} [usersFile] name of a file beside the configuration, in which somebody else keeps the users
 */

/**
 * @param {NatsConfig & { port: number, serverName: string, pidFile: string, storeFolder: string | undefined }} options
 *   storeFolder: JetStream's files, undefined: without JetStream
 * @returns {string} nats-server's configuration, in the JSON that its parser also accepts
 */
export function natsConfigText({ tls, users, usersFile, port, serverName, pidFile, storeFolder }) {
  const text = JSON.stringify(
    {
      server_name: serverName,
      listen: `127.0.0.1:${port}`,
      pid_file: pidFile,
      ...(tls && { tls: { cert_file: tls.certificate, key_file: tls.key } }),
      ...(storeFolder !== undefined && { jetstream: { store_dir: storeFolder } }),
      ...(users && { authorization: { users: users.map(userEntry) } }),
    },
    null,
    2,
  );
  // An include is not JSON. Its path is looked up from the folder of this file, also when it is absolute.
  return usersFile === undefined
    ? text
    : `${text.slice(1, -2)},\n  "authorization": { include '${plain(usersFile)}' }\n`;
}

/** @param {NatsUser} user */
function userEntry({ user, password, publish, subscribe }) {
  return {
    user: plain(user),
    password: plain(password),
    permissions: { publish: only(publish), subscribe: only(subscribe) },
  };
}

/** nats-server takes an empty allow list for no restriction at all. @param {readonly string[]} subjects */
function only(subjects) {
  return subjects.length > 0 ? { allow: subjects.map((subject) => plain(subject, /^[^\s"\\]+$/)) } : { deny: ['>'] };
}

/**
 * The parser of nats-server knows other escapes than JSON, and takes a password that starts with `$2a$` for a hash.
 * @param {string} text
 */
function plain(text, allowed = /^[\w.@:/+=-]+$/) {
  if (allowed.test(text)) return text;
  throw new TypeError('user names and passwords of nats-server are letters, digits and . @ : / + = - _ only');
}
