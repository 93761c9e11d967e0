import { readFileSync } from 'node:fs';
import { embeddedText } from '@trustcast/config';

const manifest = embeddedText('package.json') ?? readFileSync(new URL('../../package.json', import.meta.url), 'utf8');

/** Version of this agent, from its package. */
export const AGENT_VERSION = (JSON.parse(manifest) as { version: string }).version;
