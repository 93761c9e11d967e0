import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Harness } from '@trustcast/certificates-service/test/support/harness.js';
import type { ServiceProcess } from '@trustcast/certificates-service/test/support/service-process.js';
import { stringify } from 'yaml';
import { settingsFor, trustcast } from './trustcast.js';

export interface Applied {
  readonly code: number | null;
  readonly err: string;
  readonly changes: readonly { readonly action: string; readonly name: string; readonly refusal?: string | null }[];
}

export const definition = (alias: string, pem: string, environments = ['apimanager']) => ({ alias, environments, pem });
/** A manifest of one certificate with one definition, all of one name. */
export const one = (name: string, pem: string, more: object = {}) => ({
  certificates: [{ name, definitions: [definition(name, pem)], ...more }],
});

/** Applies manifests to a service. */
export function manifestRuns(harness: Harness, service: ServiceProcess) {
  const settings = settingsFor(service);
  let files = 0;

  function file(content: unknown): string {
    const path = join(harness.folder, `${++files}.yaml`);
    writeFileSync(path, typeof content === 'string' ? content : stringify(content));
    return path;
  }

  async function apply(content: unknown, ...options: string[]): Promise<Applied> {
    const { code, out, err } = await trustcast(['apply', file(content), '--json', ...options], settings);
    return { changes: [], ...(out === '' ? {} : (JSON.parse(out) as Applied)), code, err };
  }

  /** The certificates that there are, with their versions. */
  async function versions(): Promise<Record<string, number>> {
    const { certificates } = await service.query<{ certificates: { nodes: { name: string; version: number }[] } }>(
      '{ certificates(first: 500) { nodes { name version } } }',
    );
    return Object.fromEntries(certificates.nodes.map(({ name, version }) => [name, version]));
  }

  return { file, apply, versions };
}
