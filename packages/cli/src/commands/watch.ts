import { type Command, EXIT } from '../command.js';
import { environmentsNamed } from '../environments-named.js';
import { followProgress, progressText } from '../progress.js';

export const watch: Command = {
  name: 'watch',
  words: '',
  wordCount: [0, 0],
  summary: 'follows the progress of deployments',
  help: 'Writes the progress of the latest deployment of each environment, at once and after every change, one line or\nJSON document each, until it is interrupted.',
  options: {
    environment: { value: 'NAME', multiple: true, says: 'only this environment; may be repeated (default: all)' },
  },
  async run({ service, options, json, out, tell }) {
    const names = await environmentsNamed(service, options.all('environment'));
    await Promise.all(
      names.map(async (name) => {
        let last = '';
        for await (const progress of followProgress(service, name, tell)) {
          const text = progress && (json ? JSON.stringify(progress) : progressText(progress));
          if (text === null) tell(`${name}: nothing was deployed yet`);
          else if (text !== last) out((last = text));
        }
        tell(`${name}: there is no such environment any more`);
      }),
    );
    return EXIT.ok;
  },
};
