/**
 * @typedef {object} NatsUser
 * @property {string} user
 * @property {string} password
 * @property {readonly string[]} publish the subjects it may publish to; empty: none; `>`: all
 * @property {readonly string[]} subscribe likewise
 *
 * @typedef {object} NatsConfig
 * @property {readonly NatsUser[]} [users] none given: everyone who reaches the port may do everything
 */

/**
 * @param {NatsConfig & { port: number, serverName: string, pidFile: string, storeFolder: string | undefined }} options
 *   storeFolder: JetStream's files, undefined: without JetStream
 * @returns {string} nats-server's configuration, in the JSON that its parser also accepts
 */
export function natsConfigText({ users, port, serverName, pidFile, storeFolder }) {
  return JSON.stringify(
    {
      server_name: serverName,
      listen: `127.0.0.1:${port}`,
      pid_file: pidFile,
      ...(storeFolder !== undefined && { jetstream: { store_dir: storeFolder } }),
      ...(users && { authorization: { users: users.map(userEntry) } }),
    },
    null,
    2,
  );
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
