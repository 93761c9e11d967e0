import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { executableOf, serviceFiles } from './program-files.mjs';
import { notices } from './packages-of.mjs';

/**
 * @typedef {object} LinuxPackage
 * @property {string} summary
 * @property {string} description
 * @property {import('./tar.mjs').Entry[]} entries
 * @property {readonly string[]} configs paths of files that an operator changes, and an upgrade keeps
 * @property {Readonly<Partial<Record<Script, string>>>} scripts
 */
/** @typedef {'after-install' | 'before-remove' | 'purge'} Script */
/** @typedef {import('./program-files.mjs').Context} Context */

const SCRIPTS = /** @type {const} */ (['after-install', 'before-remove', 'purge']);
const UNITS = 'usr/lib/systemd/system';

/** Packages of the distributions, each made when it is asked for. @type {Readonly<Record<string, (context: Context) => Promise<LinuxPackage>>>} */
export const LINUX_PACKAGES = {
  'trustcast-agent': async (context) => {
    const { path, packages } = await executableOf(context, 'trustcast-agent');
    const file = filesOf(context, 'trustcast-agent');
    return {
      summary: 'maintains the truststore that the JVMs of a host use',
      description:
        'One executable: it accepts signed sets of certificates, writes the truststore, attaches JVMs and reports what each of them trusts.',
      entries: [
        { name: 'usr/bin/trustcast-agent', content: readFileSync(path), mode: 0o755 },
        { name: `${UNITS}/trustcast-agent.service`, content: file('trustcast-agent.service') },
        { name: `${UNITS}/trustcast-agent.path`, content: file('trustcast-agent.path') },
        { name: 'etc/trustcast/agent.env', content: file('agent.env'), mode: 0o640 },
        ...documents(context, 'trustcast-agent', packages),
      ],
      configs: ['etc/trustcast/agent.env'],
      scripts: scriptsOf(context, 'trustcast-agent'),
    };
  },
  'trustcast-service': async (context) => {
    const file = filesOf(context, 'trustcast-service');
    const { entries, packages } = serviceFiles(context);
    const own = entries.filter(({ name }) => !['LICENSE', 'THIRD-PARTY-LICENSES.txt'].includes(name));
    return {
      summary: 'manages the certificates that running JVMs trust',
      description:
        'The GraphQL service with the Node.js that it runs on. It needs PostgreSQL and nats-server, here or elsewhere.',
      entries: [
        { name: 'usr/bin/trustcast-service', content: file('trustcast-service.sh'), mode: 0o755 },
        { name: 'usr/lib/trustcast-service' },
        { name: 'usr/lib/trustcast-service/node', content: context.node.bytes, mode: 0o755 },
        ...own.map((entry) => ({ ...entry, name: `usr/lib/trustcast-service/${entry.name}` })),
        { name: `${UNITS}/trustcast-service.service`, content: file('trustcast-service.service') },
        { name: 'usr/lib/sysusers.d/trustcast-service.conf', content: file('trustcast-service.sysusers') },
        { name: 'etc/trustcast/credentials', mode: 0o700 },
        { name: 'etc/trustcast/credentials/database-url', content: '', mode: 0o600 },
        { name: 'etc/trustcast/service.env', content: file('service.env'), mode: 0o640 },
        ...documents(context, 'trustcast-service', packages),
      ],
      configs: ['etc/trustcast/service.env', 'etc/trustcast/credentials/database-url'],
      scripts: scriptsOf(context, 'trustcast-service'),
    };
  },
  trustcast: async (context) => {
    const { path, packages } = await executableOf(context, 'trustcast');
    return {
      summary: 'command line of Trustcast',
      description:
        'Applies descriptions of certificates, exports, imports, and follows deployments; trustcast-keys makes lists of keys.',
      entries: [
        { name: 'usr/bin/trustcast', content: readFileSync(path), mode: 0o755 },
        { name: 'usr/bin/trustcast-keys', link: 'trustcast' },
        ...documents(context, 'trustcast', packages),
      ],
      configs: [],
      scripts: {},
    };
  },
};

/** @param {Context} context @param {string} folder @returns {(name: string) => Buffer} */
function filesOf({ root }, folder) {
  return (name) => readFileSync(join(root, 'deploy/linux', folder, name));
}

/** @param {Context} context @param {string} folder */
function scriptsOf(context, folder) {
  const file = filesOf(context, folder);
  return Object.fromEntries(SCRIPTS.map((name) => [name, String(file(`${name}.sh`))]));
}

/**
 * @param {Context} context @param {string} name @param {readonly import('./packages-of.mjs').Component[]} packages
 * @returns {import('./tar.mjs').Entry[]}
 */
function documents({ root, node }, name, packages) {
  const own = readFileSync(join(root, 'LICENSE'), 'utf8');
  const rule = '-'.repeat(78);
  const carrier = `Node.js ${node.version} is inside; its licences: https://github.com/nodejs/node/blob/v${node.version}/LICENSE\n`;
  const text = [`Trustcast\n\n${own}`, carrier, notices(packages)].join(`\n${rule}\n\n`);
  return [
    { name: `usr/share/doc/${name}` },
    { name: `usr/share/doc/${name}/copyright`, content: text },
    {
      name: `usr/share/doc/${name}/changelog.gz`,
      content: gzipSync(readFileSync(join(root, 'CHANGELOG.md')), { level: 9 }),
    },
  ];
}
