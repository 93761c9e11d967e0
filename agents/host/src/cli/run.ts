import { setTimeout as sleep } from 'node:timers/promises';
import { type Log, createLog } from '@trustcast/config';
import type { Config, ServiceAccess } from '../config.js';
import { Backoff } from '../distribution/backoff.js';
import { HostAgent } from '../agent/host-agent.js';
import { jarProblem } from '../jvms/attach/jar-problem.js';
import { holdFolder, noRoomError } from '../state/disk-space.js';
import { notWritten } from '../state/not-written.js';
import { SystemdNotifier } from '../systemd/notifier.js';
import { type Command, EXIT } from './command.js';

const STOP_MS = 5_000;
/** Units that are ordered after the agent wait no longer than this for a truststore that cannot be written. */
const READY_MS = 60_000;
const LOOK_MS = 250;

export const run: Command = {
  name: 'run',
  summary: 'maintains the truststore of this host and reports its JVMs, until SIGTERM',
  help: `Prints JSON lines; "ready" once the truststore exists and is verified, before anything is connected; one that
JVMs may use already comes with the first set of the service.
Notifies systemd as well (Type=notify). Retries while the disk is full.
Exit codes: 0 after SIGTERM or SIGINT, 75 another agent runs on the directory, 78 configuration, 1 anything else.`,
  needsService: 'yes',
  reads: 'all',
  async run(config) {
    if (!config.service) throw new TypeError('run needs the service');
    const log = createLog(config.logLevel);
    const stopped = new Promise<string>((resolve) => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
    });
    const notifier = new SystemdNotifier(config.systemd, log);
    notifier.start();
    const waited = setTimeout(() => notifier.ready(), READY_MS);
    const agent = await openWithRoom(config, config.service, log, notifier, stopped);
    // A single executable has unpacked its own by now.
    const jar = config.jvmAgentJar === undefined ? null : jarProblem(config.jvmAgentJar);
    if (jar !== null) log.warn('the jar of the JVM agent cannot be used', { reason: jar });
    agent?.start();
    if (agent) void beReady(agent, notifier);
    const signal = await stopped;
    clearTimeout(waited);
    log.info('stopping', { signal });
    setTimeout(() => process.exit(EXIT.notOk), STOP_MS).unref();
    await Promise.all([agent?.stop(), notifier.stop()]);
    return EXIT.ok;
  },
};

/** Where the file system has no room, waits until it has; null where the agent was stopped meanwhile. */
async function openWithRoom(
  config: Config,
  service: ServiceAccess,
  log: Log,
  notifier: SystemdNotifier,
  stopped: Promise<string>,
): Promise<HostAgent | null> {
  const backoff = new Backoff(500, 10_000);
  let said: string | null = null;
  let release: (() => void) | null = null;
  for (;;)
    try {
      const agent = await HostAgent.open(config, service, log, (text) => notifier.status(text));
      release?.();
      return agent;
    } catch (error) {
      const cause = noRoomError(error);
      if (cause === null) throw error;
      const reason = notWritten('STATE', cause);
      if (reason !== said) log.error('the state cannot be written; retrying', { state: 'FAILED', reason, error });
      said = reason;
      notifier.status(`FAILED ${reason}`);
      release ??= holdFolder(config.directory);
      if ((await Promise.race([stopped, sleep(backoff.nextMs(), null)])) !== null) return null;
    }
}

async function beReady(agent: HostAgent, notifier: SystemdNotifier): Promise<void> {
  while (!agent.hasTruststore && !notifier.isReady) await sleep(LOOK_MS);
  notifier.ready();
}
