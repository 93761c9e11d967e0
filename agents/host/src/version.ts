import { readFileSync } from 'node:fs';

/** Version of this agent, from its package. */
export const AGENT_VERSION = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
