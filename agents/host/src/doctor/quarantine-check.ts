import { createLog } from '@trustcast/config';
import type { Config } from '../config.js';
import { pathsOf } from '../state/agent-directory.js';
import { Quarantine } from '../truststore/quarantine.js';
import { type Finding, problem } from './finding.js';

const NAMED = 10;

/** Lists the quarantined entries with the reason and the command that restores them. */
export function quarantineCheck(config: Config): Finding[] {
  const { entries } = new Quarantine(pathsOf(config.directory).state, createLog('silent'));
  if (entries.length === 0) return [];
  const named = entries.slice(0, NAMED).map(({ alias, jdk }) => `${alias} (${jdk} cannot load it)`);
  const list = [...named, ...(entries.length > NAMED ? ['…'] : [])].join(', ');
  return [
    problem(
      'quarantine',
      `${entries.length} left out of the truststore: ${list}; replace the certificate, or restore it with trustcast-agent lift-quarantine ALIAS`,
    ),
  ];
}
