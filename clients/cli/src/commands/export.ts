import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '@trustcast/config';
import { type Command, EXIT } from '../command.js';
import { environmentsNamed } from '../environments-named.js';
import { UsageError } from '../errors.js';
import { readCertificate } from './certificates.js';

const FORMATS = ['zip', 'json'];

export const exportCertificates: Command = {
  name: 'export',
  words: '',
  wordCount: [0, 0],
  summary: 'writes certificates with their definitions and environments to a file for import',
  help: 'Exports certificates with all their definitions and environments; by default, every certificate.',
  options: {
    format: { value: 'FORMAT', says: 'zip, with a PEM file for each X.509 certificate (default), or json' },
    certificate: { value: 'NAME', multiple: true, says: 'only this certificate; may be repeated' },
    environment: {
      value: 'NAME',
      multiple: true,
      says: 'only certificates that are deployed to this environment; may be repeated',
    },
    out: {
      value: 'FILE',
      says: 'file or directory (default: the current one, named with date and time); - for standard output',
    },
    force: { says: 'overwrites FILE' },
  },
  async run({ service, options, json, out, write }) {
    const format = options.text('format') ?? 'zip';
    if (!FORMATS.includes(format)) throw new UsageError(`--format takes ${FORMATS.join(' or ')}`);
    const environments = options.all('environment');
    const target = options.text('out') ?? '.';
    if (target === '-' && json) throw new UsageError('--json prints the name of the file, and --out - writes none');
    await environmentsNamed(service, environments);
    const query = new URLSearchParams({ format });
    for (const environment of environments) query.append('environment', environment);
    for (const name of options.all('certificate'))
      query.append('certificate', (await readCertificate(service, name)).id);
    const { name, bytes } = await service.download('export', query);
    if (target === '-') {
      write(bytes);
      return EXIT.ok;
    }
    const isFolder = statSync(target, { throwIfNoEntry: false })?.isDirectory() === true;
    const file = isFolder ? join(target, name) : target;
    writeFile(file, bytes, options.has('force'));
    out(json ? JSON.stringify({ file, bytes: bytes.byteLength }, null, 2) : file);
    return EXIT.ok;
  },
};

function writeFile(file: string, bytes: Uint8Array, force: boolean): void {
  try {
    writeFileSync(file, bytes, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    const code = errnoOf(error);
    throw new UsageError(
      code === 'EEXIST' ? `${file}: is there already; --force overwrites it` : `${file}: cannot be written (${code})`,
    );
  }
}
