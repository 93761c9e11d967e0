import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import type { JwkDecision } from '../change-certificate.js';
import { UsageError } from '../errors.js';
import type {
  DescribedCertificate,
  DescribedDefinition,
  DescribedEnvironment,
  Description,
  Origin,
} from './description.js';
import { Shape } from './shape.js';

/**
 * Reads files of YAML, of which JSON is a part, as one description. Paths in a file are relative to it.
 *
 * @throws UsageError naming all problems at once
 */
export function readDescription(paths: readonly string[]): Description {
  const problems: string[] = [];
  const environments: DescribedEnvironment[] = [];
  const certificates: DescribedCertificate[] = [];
  for (const path of paths) {
    const file = new Shape(parse(path, problems), path, problems);
    if (!file.given) continue;
    const members = file.members(['environments', 'certificates']);
    environments.push(...members.environments.list().map(readEnvironment));
    certificates.push(...members.certificates.list().map((shape) => readCertificate(shape, dirname(path))));
  }
  refuseTwice('environment', environments, problems);
  refuseTwice('certificate', certificates, problems);
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  return { environments, certificates };
}

function parse(path: string, problems: string[]): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    problems.push(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
    return undefined;
  }
  const document = parseDocument(text);
  for (const { message } of document.errors) problems.push(`${path}: ${message.trimEnd()}`);
  if (document.errors.length > 0) return undefined;
  const value: unknown = document.toJS();
  if (value === null) problems.push(`${path}: is empty`);
  return value;
}

function readEnvironment(shape: Shape): DescribedEnvironment {
  const { name, kind, title } = shape.members(['name', 'kind', 'title']);
  return { name: name.text(), kind: kind.text(), title: title.optionalText() };
}

function readCertificate(shape: Shape, folder: string): DescribedCertificate {
  const { name, description, definitions, jwks } = shape.members(['name', 'description', 'definitions', 'jwks']);
  const read = definitions.list().map((definition) => readDefinition(definition, folder));
  if (read.length === 0) definitions.problem('a certificate has at least one definition');
  const decision = jwks.optionalText();
  if (decision !== null && decision !== 'UPDATE' && decision !== 'DISCONNECT')
    jwks.problem('must be UPDATE or DISCONNECT');
  return {
    name: name.text().normalize('NFC'),
    jwks: decision as JwkDecision | null,
    description: description.optionalText()?.normalize('NFC') ?? null,
    definitions: read,
  };
}

type OriginMember = 'file' | 'passwordFile' | 'pem' | 'url' | 'fingerprint';

function readDefinition(shape: Shape, folder: string): DescribedDefinition {
  const members = shape.members(['alias', 'environments', 'file', 'passwordFile', 'pem', 'url', 'fingerprint']);
  const environments = members.environments.list().map((name) => name.text());
  if (environments.length === 0) members.environments.problem('a definition has at least one environment');
  return {
    at: shape.at,
    alias: members.alias.text().normalize('NFC'),
    environments,
    origin: readOrigin(shape, members, folder),
    fingerprint: readFingerprint(members.fingerprint),
  };
}

function readOrigin(shape: Shape, members: Readonly<Record<OriginMember, Shape>>, folder: string): Origin {
  const path = members.file.optionalText();
  const text = members.pem.optionalText();
  const url = members.url.optionalText();
  const password = members.passwordFile.optionalText();
  if ([path, text, url].filter((value) => value !== null).length !== 1)
    shape.problem('say where the certificate comes from: one of file, pem and url');
  if (password !== null && path === null) members.passwordFile.problem('belongs to a file');
  if (url !== null) {
    // What a server presents is not verified: whoever answers would be trusted.
    if (!members.fingerprint.given)
      shape.problem(
        'fingerprint says which certificate of the server is meant; trustcast certificates retrieve shows them',
      );
    return { kind: 'url', url };
  }
  if (text !== null) return { kind: 'pem', text };
  return {
    kind: 'file',
    path: resolve(folder, path ?? ''),
    passwordFile: password === null ? null : resolve(folder, password),
  };
}

function readFingerprint(shape: Shape): string | null {
  const fingerprint = shape.optionalText()?.replaceAll(':', '').toLowerCase() ?? null;
  if (fingerprint !== null && !/^[0-9a-f]{64}$/.test(fingerprint))
    shape.problem('must be the SHA-256 of a certificate: 64 hexadecimal digits, with or without colons');
  return fingerprint;
}

function refuseTwice(what: string, described: readonly { readonly name: string }[], problems: string[]): void {
  const seen = new Set<string>();
  for (const { name } of described) {
    if (seen.has(name)) problems.push(`${what} ${JSON.stringify(name)} is described twice`);
    seen.add(name);
  }
}
