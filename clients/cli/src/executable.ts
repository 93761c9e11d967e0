import { basename } from 'node:path';

/** One executable for both commands: the name that it is called by says which, as a link gives it. */
void (basename(process.argv0) === 'trustcast-keys' ? import('./keys/trustcast-keys.js') : import('./main.js'));
