import { type Command, EXIT } from '../command.js';
import { environmentsNamed } from '../environments-named.js';
import { followProgress, progressText } from '../progress.js';

export const watch: Command = {
  name: 'watch',
  words: '',
  wordCount: [0, 0],
  summary: 'follows deployments on their way to the JVMs',
  help: 'Writes the progress of the latest deployment of each environment, as it is and after every change,\none line or JSON document each, until it is interrupted.',
  options: {
    environment: { value: 'NAME', multiple: true, says: 'only this environment; may be repeated (default: all)' },
  },
  async run({ service, options, json, out, tell }) {
    const names = await environmentsNamed(service, options.all('environment'));
    await Promise.all(
      names.map(async (name) => {
        for await (const progress of followProgress(service, name))
          if (progress) out(json ? JSON.stringify(progress) : progressText(progress));
          else tell(`${name}: nothing was deployed yet`);
        tell(`${name}: there is no such environment any more`);
      }),
    );
    return EXIT.ok;
  },
};
