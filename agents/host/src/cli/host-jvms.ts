import { createLog } from '@trustcast/config';
import type { AgentStatus, JvmReport } from '@trustcast/schema';
import type { Config } from '../config.js';
import { DETACHED, Detached } from '../jvms/attach/detached.js';
import { JvmRegistry } from '../jvms/jvm-registry.js';
import { Watchdog } from '../jvms/processes/watchdog.js';
import { fitJvms } from '../report/fit-jvms.js';
import { readSnapshot } from '../report/status-snapshot.js';
import { existingDirectory } from '../state/agent-directory.js';
import { lockHolder } from '../state/directory-lock.js';
import { WrittenHistory } from '../truststore/written-history.js';

/** The watchdog of a command, which people wait for. @throws DirectoryError */
export function watchCommand(config: Config): Watchdog {
  const watchdog = new Watchdog(existingDirectory(config.directory).state, 'command');
  watchdog.start();
  return watchdog;
}

/** Lists the JVMs of this host as they are now, with the running agent's reasons for those not attached. @throws DirectoryError */
export function hostJvms(config: Config, watchdog: Watchdog): Pick<AgentStatus, 'jvms' | 'leftOut'> {
  const directory = existingDirectory(config.directory);
  const { state } = directory;
  const log = createLog('silent');
  const registry = new JvmRegistry(directory, new WrittenHistory(state), config, new Detached(state), log, watchdog);
  registry.refresh({ removeOrphans: false });
  const running = lockHolder(state) === null ? null : readSnapshot(state);
  const reportedBefore = (id: string): JvmReport | undefined =>
    running?.jvms.find((jvm) => jvm.id === id && jvm.via === null);
  const { jvms: all, leftOut } = fitJvms(registry.listing(), Infinity);
  // The mark of a detached JVM is as new as can be; the snapshot may be from before it.
  const isOpen = ({ via, reason }: JvmReport): boolean => via === null && reason !== DETACHED;
  return { jvms: all.map((jvm) => (isOpen(jvm) ? { ...jvm, ...reportedBefore(jvm.id) } : jvm)), leftOut };
}
