import { createHash } from 'node:crypto';
import {
  CERTIFICATE_TEXTS,
  type GivenTexts,
  MalformedError,
  certificateTexts,
  decode,
  environmentKinds,
} from '@trustcast/schema';
import { pemOf } from '@trustcast/x509';
import { SOURCES, type Source } from '../../records/certificate-record.js';
import type { EnvironmentKind } from '../../records/environment-record.js';
import { JWK_USES, type JwkUse } from '../../records/jwk-algorithm.js';

/** The oldest first; what is written is the last. The first one knew no JWKs. */
const EXPORT_FORMATS = ['trustcast-export/1', 'trustcast-export/2'] as const;

export interface ExportedDefinition {
  readonly alias: string;
  readonly source: Source;
  readonly url: string | null;
  /** Names, sorted. */
  readonly environments: readonly string[];
  readonly fingerprint: string;
}

/** A JWK that follows the certificate: its key is that of the definition in its environment. */
export interface ExportedJwk {
  readonly environment: string;
  readonly name: string;
  readonly use: JwkUse;
  readonly algorithm: string;
}

/** Texts that the release knew that wrote the file are in it. */
export interface ExportedCertificate extends GivenTexts {
  readonly name: string;
  readonly definitions: readonly ExportedDefinition[];
  /** By environment; none: the format had none yet. */
  readonly jwks?: readonly ExportedJwk[];
}

export interface ExportedEnvironment {
  readonly name: string;
  readonly title: string;
  readonly kind: EnvironmentKind;
}

/** What an export holds, beside the certificates' own bytes. */
export interface ExportContent {
  /** Those that certificates are deployed to, by name. */
  readonly environments: readonly ExportedEnvironment[];
  /** By name. */
  readonly certificates: readonly ExportedCertificate[];
}

/** PEM by fingerprint. */
export type PemFiles = ReadonlyMap<string, string>;

export interface ExportFile {
  readonly content: ExportContent;
  readonly pems: PemFiles;
}

/** Caps of a file that is imported. */
export const IMPORT_LIMITS = Object.freeze({
  bytes: 64 * 1024 * 1024,
  certificates: 20_000,
  definitions: 100,
  jwks: 10_000,
});

/** Where an archive has a certificate. */
export const pemPath = (fingerprint: string) => `certificates/${fingerprint}.pem`;

/** The document as it is written. @param pems given: the certificates are in it; null: they are files beside it */
export function exportDocument(content: ExportContent, exportedAt: Date, pems: PemFiles | null): object {
  const { environments, certificates } = content;
  return {
    format: EXPORT_FORMATS.at(-1),
    exportedAt: exportedAt.toISOString(),
    digest: digestOf(content),
    environments,
    certificates: certificates.map((certificate) => ({
      ...certificate,
      definitions: certificate.definitions.map((definition) => ({
        ...definition,
        ...(pems ? { pem: pems.get(definition.fingerprint) } : { file: pemPath(definition.fingerprint) }),
      })),
    })),
  };
}

/**
 * Reads a document that anybody may have written.
 *
 * @param fileOf text of the archive's files; none: the certificates are in the document
 * @throws MalformedError, LimitExceededError
 */
export function readExportDocument(value: unknown, fileOf?: (path: string) => string | undefined): ExportFile {
  const document = decode.object(value, 'the document');
  const format = decode.oneOf(document.format, 'format', EXPORT_FORMATS);
  const pems = new Map<string, string>();
  const environments = decode.array(document.environments, 'environments', 10_000).map((item, index) => {
    const at = `environments[${index}]`;
    const { name, title, kind } = decode.object(item, at);
    return {
      name: decode.rawText(name, `${at}.name`, 63),
      title: decode.rawText(title, `${at}.title`),
      kind: decode.oneOf(kind, `${at}.kind`, environmentKinds),
    };
  });
  const certificates = decode
    .array(document.certificates, 'certificates', IMPORT_LIMITS.certificates)
    .map((item, index): ExportedCertificate => {
      const at = `certificates[${index}]`;
      const { name, definitions, jwks, ...others } = decode.object(item, at);
      return {
        name: decode.rawText(name, `${at}.name`),
        ...readTexts(others, at),
        definitions: decode
          .array(definitions, `${at}.definitions`, IMPORT_LIMITS.definitions)
          .map((definition, number) => readDefinition(definition, `${at}.definitions[${number}]`, pems, fileOf)),
        ...(format !== EXPORT_FORMATS[0] && { jwks: readJwks(jwks, `${at}.jwks`) }),
      };
    });
  const content = { environments, certificates };
  if (document.digest !== digestOf(content))
    throw new MalformedError('digest', 'is not that of the content: the file was changed');
  return { content, pems };
}

/** The texts that there are; one that is longer than it may be is refused by itself. */
function readTexts(values: Readonly<Record<string, unknown>>, at: string): GivenTexts {
  const present = certificateTexts.filter((name) => values[name] !== undefined);
  return Object.fromEntries(
    present.map((name) => {
      const limit = Math.max(4_096, 2 * CERTIFICATE_TEXTS[name].maxLength);
      return [name, decode.rawText(values[name], `${at}.${name}`, limit)];
    }),
  );
}

function readDefinition(
  value: unknown,
  at: string,
  pems: Map<string, string>,
  fileOf?: (path: string) => string | undefined,
): ExportedDefinition {
  const { alias, source, url, environments, fingerprint, pem, file } = decode.object(value, at);
  const sha256 = decode.sha256Hex(fingerprint, `${at}.fingerprint`);
  if (fileOf && file !== pemPath(sha256)) throw new MalformedError(`${at}.file`, 'must be named by its fingerprint');
  const text = fileOf ? fileOf(pemPath(sha256)) : pem;
  pems.set(sha256, decode.rawText(text, fileOf ? pemPath(sha256) : `${at}.pem`, 128 * 1024));
  return {
    alias: decode.rawText(alias, `${at}.alias`),
    source: decode.oneOf(source, `${at}.source`, SOURCES),
    url: decode.nullable(url, `${at}.url`, (item, field) => decode.rawText(item, field, 2_048)),
    environments: decode
      .array(environments, `${at}.environments`, 1_000)
      .map((name, index) => decode.rawText(name, `${at}.environments[${index}]`, 63)),
    fingerprint: sha256,
  };
}

function readJwks(value: unknown, at: string): ExportedJwk[] {
  return decode.array(value, at, IMPORT_LIMITS.jwks).map((item, index) => {
    const { environment, name, use, algorithm } = decode.object(item, `${at}[${index}]`);
    return {
      environment: decode.rawText(environment, `${at}[${index}].environment`, 63),
      name: decode.rawText(name, `${at}[${index}].name`),
      use: decode.oneOf(use, `${at}[${index}].use`, JWK_USES),
      algorithm: decode.rawText(algorithm, `${at}[${index}].algorithm`, 63),
    };
  });
}

/** SHA-256 of everything but the date. Fingerprints stand for the certificates. */
function digestOf({ environments, certificates }: ExportContent): string {
  return createHash('sha256').update(JSON.stringify({ environments, certificates })).digest('hex');
}

/** Every environment that a file names, in its list or where a certificate or a JWK is. */
export function environmentNames({ content: { environments, certificates } }: ExportFile): ReadonlySet<string> {
  const used = certificates.flatMap(({ definitions, jwks = [] }) => [
    ...definitions.flatMap((definition) => definition.environments),
    ...jwks.map(({ environment }) => environment),
  ]);
  return new Set([...environments.map(({ name }) => name), ...used]);
}

/** PEM of certificates by their fingerprints. */
export function pemFiles(contents: readonly { fingerprint: string; der: Uint8Array }[]): PemFiles {
  return new Map(contents.map(({ fingerprint, der }) => [fingerprint, pemOf(der)]));
}
