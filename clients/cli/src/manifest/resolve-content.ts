import { readFileSync } from 'node:fs';
import { errnoOf } from '@trustcast/config';
import { UsageError, userErrorText } from '../errors.js';
import type { Service } from '../service/service.js';
import type { ManifestDefinition, Manifest, Origin } from './manifest.js';
import { mapSome } from './map-some.js';
import { pairUp } from './pair-definitions.js';
import type { State } from './state.js';
import type { ParseCertificatesMutation } from '../service/answer-types.js';
import { operation } from '../service/operation.js';

/** What a mutation takes as the certificate of a definition: exactly one of these. */
export type Content =
  | { readonly connection: { readonly url: string; readonly content: string; readonly fingerprint: string } }
  | { readonly file: { readonly content: string; readonly password?: string; readonly fingerprint: string } }
  | { readonly clipboard: { readonly content: string; readonly encoding: 'BASE64PEM'; readonly fingerprint: string } };

/** `content` is null where the service has it. */
interface Resolved {
  readonly fingerprint: string;
  readonly content: Content | null;
}

export type Contents = ReadonlyMap<ManifestDefinition, Resolved>;

type Found = ParseCertificatesMutation['found'];

const AT_A_TIME = 8;
const FOUND =
  'userErrors { code message } certificates { fingerprint userErrors { code message } content { subject pem } }';
const PARSE = operation(
  'ParseCertificates',
  `mutation ($input: ParseCertificatesInput!) { found: parseCertificates(input: $input) { ${FOUND} } }`,
);
const RETRIEVE = operation(
  'RetrieveCertificates',
  `mutation ($input: RetrieveCertificatesInput!) { found: retrieveCertificates(input: $input) { ${FOUND} } }`,
);

/**
 * Finds the certificate of every definition. A definition that keeps its certificate is not received from a server again.
 *
 * @throws UsageError naming all problems at once
 */
export async function resolveContents(service: Service, { certificates }: Manifest, state: State): Promise<Contents> {
  const problems: string[] = [];
  const found = async (definition: ManifestDefinition): Promise<[ManifestDefinition, Resolved]> => {
    try {
      return [definition, await resolve(service, definition.origin, definition.fingerprint)];
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      problems.push(`${definition.at}: ${error.message}`);
      return [definition, { fingerprint: '', content: null }];
    }
  };
  const all = certificates.flatMap(({ definitions }) => definitions);
  // Definitions are matched by fingerprint, so all are needed; those of a URL are written beside it.
  const known = all.filter(({ origin }) => origin.kind === 'url');
  const resolved = new Map<ManifestDefinition, Resolved>([
    ...known.map((each): [ManifestDefinition, Resolved] => [
      each,
      { fingerprint: each.fingerprint ?? '', content: null },
    ]),
    ...(await mapSome(
      all.filter((each) => !known.includes(each)),
      AT_A_TIME,
      found,
    )),
  ]);
  const fingerprintOf = (definition: ManifestDefinition) => resolved.get(definition)?.fingerprint ?? '';
  const kept = new Set(
    certificates.flatMap(({ name, definitions }) => {
      const pairs = pairUp(definitions, state.certificates.get(name)?.definitions ?? [], fingerprintOf);
      return definitions.filter((each) => pairs.get(each)?.fingerprint === fingerprintOf(each));
    }),
  );
  const missing = known.filter((each) => !kept.has(each));
  for (const [definition, content] of await mapSome(missing, AT_A_TIME, found)) resolved.set(definition, content);
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  return resolved;
}

async function resolve(service: Service, origin: Origin, fingerprint: string | null): Promise<Resolved> {
  if (origin.kind === 'url') {
    const { found } = await service.look(RETRIEVE, { url: origin.url });
    const picked = pick(found, fingerprint);
    const connection = { url: origin.url, content: picked.pem, fingerprint: picked.fingerprint };
    return { fingerprint: picked.fingerprint, content: { connection } };
  }
  const found = async (input: Readonly<Record<string, unknown>>) => {
    const answer = await service.look(PARSE, input);
    return pick(answer.found, fingerprint).fingerprint;
  };
  if (origin.kind === 'pem') {
    const clipboard = { encoding: 'BASE64PEM', content: origin.text } as const;
    const picked = await found({ clipboard });
    return { fingerprint: picked, content: { clipboard: { ...clipboard, fingerprint: picked } } };
  }
  const file = { content: readBytes(origin.path).toString('base64'), ...password(origin) };
  const picked = await found({ file });
  return { fingerprint: picked, content: { file: { ...file, fingerprint: picked } } };
}

function pick(found: Found, wanted: string | null): { readonly fingerprint: string; readonly pem: string } {
  if (found.userErrors.length > 0) throw new UsageError(found.userErrors.map(userErrorText).join('; '));
  const { certificates } = found;
  const candidates = wanted === null ? certificates : certificates.filter(({ fingerprint }) => fingerprint === wanted);
  const [picked] = candidates;
  if (!picked || (wanted === null && candidates.length > 1)) {
    const list = certificates.map(
      ({ fingerprint, content }) => `  ${fingerprint ?? '?'}  ${content?.subject ?? 'unreadable'}`,
    );
    throw new UsageError(
      `${wanted === null ? 'name one of these as fingerprint' : 'none of these has this fingerprint'}:\n${list.join('\n')}`,
    );
  }
  if (picked.userErrors.length > 0 || picked.fingerprint === null || picked.content === null)
    throw new UsageError(picked.userErrors.map(userErrorText).join('; ') || 'the certificate cannot be read');
  return { fingerprint: picked.fingerprint, pem: picked.content.pem };
}

function password({ passwordFile }: Origin & { kind: 'file' }): { password?: string } {
  return passwordFile === null
    ? {}
    : {
        password: readBytes(passwordFile)
          .toString('utf8')
          .replace(/\r?\n$/, ''),
      };
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`${path} cannot be read (${errnoOf(error)})`);
  }
}
