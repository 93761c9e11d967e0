import { createLog } from '@trustcast/config';
import { foldAlias } from '@trustcast/schema';
import { printableLine } from '@trustcast/terminal';
import { existingDirectory } from '../state/agent-directory.js';
import { Lifted } from '../truststore/lifted.js';
import { Quarantine } from '../truststore/quarantine.js';
import { type Command, EXIT } from './command.js';

export const liftQuarantine: Command = {
  name: 'lift-quarantine',
  summary: 'restores quarantined entries to the truststore, or lists them',
  help: `Arguments: aliases, or --all; by default, lists the quarantined entries with the JDK that cannot load each.
A running agent restores them within 15 s, a stopped one at its next start. A restored entry is not quarantined again,
whatever JVMs report, until its alias receives another certificate: a JVM that cannot load it keeps its previous
truststore and reports that. Run it as the agent’s user. Exit codes: 0 all lifted or listed, 1 an alias is not quarantined, 77 permission denied.`,
  needsService: 'no',
  reads: 'directory',
  takes: 'aliases',
  run(config, { out, json }, words, { all }) {
    const { state } = existingDirectory(config.directory);
    const quarantined = new Quarantine(state, createLog('silent')).entries;
    const requested = new Set(words.map(foldAlias));
    const unknown = words.filter((word) => !quarantined.some(({ alias }) => foldAlias(alias) === foldAlias(word)));
    const chosen = unknown.length > 0 ? [] : quarantined.filter(({ alias }) => all || requested.has(foldAlias(alias)));
    const lifted = new Lifted(state);
    for (const entry of chosen) lifted.add(entry);
    const isList = !all && words.length === 0;
    if (json)
      out(JSON.stringify({ quarantined: quarantined.filter((one) => !chosen.includes(one)), lifted: chosen }, null, 2));
    else if (unknown.length > 0) out(printableLine(`nothing was changed: ${unknown.join(', ')} is not in quarantine`));
    else if (quarantined.length === 0) out('the quarantine is empty');
    else
      for (const { alias, fingerprint, jdk } of isList ? quarantined : chosen)
        out(printableLine(`${isList ? '' : 'lifted  '}${alias}  ${fingerprint}  ${jdk}`));
    return Promise.resolve(unknown.length > 0 ? EXIT.notOk : EXIT.ok);
  },
};
