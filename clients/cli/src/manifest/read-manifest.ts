import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { errnoOf } from '@trustcast/config';
import { FINGERPRINT_RULE, certificateTexts, eachText, environmentKinds, parseFingerprint } from '@trustcast/schema';
import { parseAllDocuments } from 'yaml';
import { UsageError } from '../errors.js';
import type { ManifestCertificate, ManifestDefinition, ManifestEnvironment, Manifest, Origin } from './manifest.js';
import { Shape } from './shape.js';

/**
 * Reads files of YAML, of which JSON is a part, as one manifest: files of several documents, directories, and `-` for
 * the standard input. Paths in a file are relative to it; those of the standard input to the working directory.
 *
 * @throws UsageError naming all problems at once
 */
export async function readManifest(words: readonly string[], readInput: () => Promise<string>): Promise<Manifest> {
  const problems: string[] = [];
  const environments: ManifestEnvironment[] = [];
  const certificates: ManifestCertificate[] = [];
  const owners = new Map<string, string>();
  for (const path of words.flatMap((word) => filesOf(word, problems)))
    for (const { value, at } of documentsOf(nameOf(path), await textOf(path, readInput, problems), problems)) {
      const members = new Shape(value, at, problems).members(['owner', 'environments', 'certificates']);
      const owner = members.owner.optionalText()?.normalize('NFC');
      if (owner !== undefined) owners.set(owner, at);
      environments.push(...members.environments.list().map(readEnvironment));
      const folder = path === '-' ? '.' : dirname(path);
      certificates.push(...members.certificates.list().map((shape) => readCertificate(shape, folder)));
    }
  if (owners.size > 1)
    problems.push(
      `the files have several owners (${[...owners.keys()].join(', ')}): apply those of one owner at a time`,
    );
  refuseTwice('environment', environments, problems);
  refuseTwice('certificate', certificates, problems);
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  return { owner: [...owners.keys()][0] ?? null, environments, certificates };
}

const MANIFEST_FILE = /\.(?:ya?ml|json)$/;

/** A file itself; of a directory its manifest files, by name. */
function filesOf(word: string, problems: string[]): string[] {
  if (word === '-') return [word];
  try {
    if (!statSync(word).isDirectory()) return [word];
    const files = readdirSync(word).filter((name) => MANIFEST_FILE.test(name));
    if (files.length === 0) problems.push(`${word}: has no .yaml, .yml or .json file`);
    return files.sort().map((name) => join(word, name));
  } catch (error) {
    problems.push(`${word}: cannot be read (${errnoOf(error)})`);
    return [];
  }
}

async function textOf(path: string, readInput: () => Promise<string>, problems: string[]): Promise<string | null> {
  try {
    return path === '-' ? await readInput() : readFileSync(path, 'utf8');
  } catch (error) {
    problems.push(`${nameOf(path)}: cannot be read (${errnoOf(error)})`);
    return null;
  }
}

/** For people. */
function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path;
}

function documentsOf(path: string, text: string | null, problems: string[]): { value: unknown; at: string }[] {
  if (text === null) return [];
  const parsed = parseAllDocuments(text);
  const documents = Array.isArray(parsed) ? parsed : [];
  const values = documents.flatMap((document, index) => {
    for (const { message } of document.errors) problems.push(`${path}: ${message.trimEnd()}`);
    if (document.errors.length > 0) return [];
    const value: unknown = document.toJS();
    // A separator at the end makes a document of nothing.
    return value === null ? [] : [{ value, at: documents.length > 1 ? `${path}, document ${index + 1}` : path }];
  });
  if (values.length === 0 && documents.every(({ errors }) => errors.length === 0)) problems.push(`${path}: is empty`);
  return values;
}

function readEnvironment(shape: Shape): ManifestEnvironment {
  const { name, kind, title } = shape.members(['name', 'kind', 'title']);
  return { name: name.text(), kind: kind.oneOf(environmentKinds), title: title.optionalText() };
}

function readCertificate(shape: Shape, folder: string): ManifestCertificate {
  const { name, definitions, jwks, ...texts } = shape.members(['name', ...certificateTexts, 'definitions', 'jwks']);
  const read = definitions.list().map((definition) => readDefinition(definition, folder));
  if (read.length === 0) definitions.problem('a certificate needs at least one definition');
  const decision = jwks.given ? jwks.oneOf(['UPDATE', 'DISCONNECT']) : null;
  return {
    name: name.text().normalize('NFC'),
    jwks: decision,
    texts: eachText((text) => texts[text].optionalText()?.normalize('NFC') ?? null),
    definitions: read,
  };
}

type OriginMember = 'file' | 'passwordFile' | 'pem' | 'url' | 'fingerprint';

function readDefinition(shape: Shape, folder: string): ManifestDefinition {
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
      shape.problem('fingerprint selects a certificate of the server; trustcast certificates retrieve shows them');
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
  const text = shape.optionalText();
  if (text === null) return null;
  try {
    return parseFingerprint(text);
  } catch {
    shape.problem(FINGERPRINT_RULE);
    return null;
  }
}

function refuseTwice(what: string, described: readonly { readonly name: string }[], problems: string[]): void {
  const seen = new Set<string>();
  for (const { name } of described) {
    if (seen.has(name)) problems.push(`${what} ${JSON.stringify(name)} is described twice`);
    seen.add(name);
  }
}
