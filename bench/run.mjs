#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { access } from './access.mjs';
import { createAndDeploy } from './create-and-deploy.mjs';
import { deployLatency } from './deploy-latency.mjs';
import { exchange } from './exchange.mjs';
import { fleet } from './fleet.mjs';
import { hostAgent } from './host-agent.mjs';
import { jvmAgent } from './jvm-agent.mjs';
import { keyList } from './key-list.mjs';
import { list } from './list.mjs';
import { keystore } from './keystore.mjs';
import { x509 } from './x509.mjs';

/**
 * @typedef {object} Row
 * @property {string} figure
 * @property {string} target
 * @property {string} measured
 * @property {boolean} ok
 */

/** @type {Record<string, () => Promise<Row[]>>} */
const benches = {
  access,
  'create-and-deploy': createAndDeploy,
  'deploy-latency': deployLatency,
  exchange,
  fleet,
  'host-agent': hostAgent,
  'jvm-agent': jvmAgent,
  'key-list': keyList,
  keystore,
  list,
  x509,
};

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean' }, help: { type: 'boolean' } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !(name in benches));
if (values.help || unknown.length > 0) {
  process.stdout.write(`Usage: npm run bench -- [--json] [${Object.keys(benches).join('|')} …]\n`);
  process.exit(values.help ? 0 : 64);
}
let missed = 0;
for (const name of positionals.length > 0 ? positionals : Object.keys(benches))
  for (const row of await benches[name]()) {
    if (!row.ok) missed++;
    process.stdout.write(
      values.json
        ? `${JSON.stringify({ bench: name, ...row })}\n`
        : `${row.ok ? ' ' : '!'} ${row.figure.padEnd(72)} ${row.target.padEnd(12)} ${row.measured}\n`,
    );
  }
process.exitCode = missed === 0 ? 0 : 1;
