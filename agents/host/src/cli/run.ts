import { HostAgent } from '../host-agent.js';
import { createLog } from '../log.js';
import { type Command, EXIT } from './command.js';

const STOP_MS = 5_000;

export const run: Command = {
  name: 'run',
  summary: 'keeps the truststore of this host and reports its JVMs, until SIGTERM',
  help: `Prints JSON lines; "ready" once the truststore exists and is verified, before anything is connected.
Exit codes: 0 after SIGTERM or SIGINT, 75 another agent runs on the directory, 78 configuration, 1 anything else.`,
  needsService: true,
  async run(config) {
    if (!config.service) throw new TypeError('run needs the service');
    const log = createLog(config.logLevel);
    const agent = await HostAgent.open(config, config.service, log);
    const stopped = new Promise<string>((resolve) => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
    });
    agent.start();
    const signal = await stopped;
    log.info('stopping', { signal });
    setTimeout(() => process.exit(EXIT.notOk), STOP_MS).unref();
    await agent.stop();
    return EXIT.ok;
  },
};
