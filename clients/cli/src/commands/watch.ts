import { setTimeout as delay } from 'node:timers/promises';
import { type Command, EXIT } from '../command.js';
import { environmentsNamed } from '../environments-named.js';
import { followProgress, progressText } from '../progress.js';
import type { Service } from '../service/service.js';

const LOOK_MS = 2_000;

export const watch: Command = {
  name: 'watch',
  words: '',
  wordCount: [0, 0],
  summary: 'follows the progress of deployments',
  help: 'Writes the progress of the latest deployment of each environment, at once and after every change, one line or\nJSON document each, until it is interrupted.',
  options: {
    environment: { value: 'NAME', multiple: true, says: 'only this environment; may be repeated (default: all)' },
  },
  async run({ service, options, json, out, notify }) {
    const names = await environmentsNamed(service, options.all('environment'));
    const ending = new AbortController();
    void notifyTrouble(service, notify, ending.signal);
    await Promise.all(
      names.map(async (name) => {
        let last = '';
        for await (const progress of followProgress(service, name, notify)) {
          const text = progress && (json ? JSON.stringify(progress) : progressText(progress));
          if (text === null) notify(`${name}: nothing was deployed yet`);
          else if (text !== last) out((last = text));
        }
        notify(`${name}: there is no such environment any more`);
      }),
    ).finally(() => ending.abort());
    return EXIT.ok;
  },
};

/** Says why nothing happens while the service takes no requests, and that it does again. It does not keep the process. */
async function notifyTrouble(service: Service, notify: (text: string) => void, ending: AbortSignal): Promise<void> {
  const isOver = () => ending.aborted;
  let before: string | null = null;
  while (!isOver()) {
    await delay(LOOK_MS, undefined, { ref: false });
    const trouble = await service.trouble();
    if (trouble === before || isOver()) continue;
    notify(trouble === null ? 'the service takes requests again' : `the service answers 503: ${trouble}`);
    before = trouble;
  }
}
