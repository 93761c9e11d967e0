import { readName } from '../../records/certificate-input.js';
import type { ReadDefinition } from '../../certificates/rules/definition-input.js';
import type { ExportedCertificate, ExportedJwk } from './export-document.js';
import type { JwkUse } from '../../records/jwk-algorithm.js';
import type { PublicJwk } from '../../records/jwk-record.js';
import type { FieldPath, Refusal } from '../../records/refusal.js';
import { type Result, accepted, at as below, rejected } from '../../records/result.js';

/** A JWK that shall follow an imported certificate. Its environment has the name of this installation. */
export interface ImportedJwk extends ExportedJwk {
  readonly jwk: PublicJwk;
  readonly fingerprint: string;
}

/** Makes the JWK of a certificate's key, where its key can be used like this. */
export type MakeJwk = (
  der: Uint8Array,
  purpose: { readonly use: JwkUse; readonly algorithm: string },
) => Promise<Result<PublicJwk>>;

/**
 * Makes the JWKs of an exported certificate again, by the rules of any new one.
 *
 * @param read its definitions, in the order of the export
 */
export async function rebuildJwks(
  { definitions, jwks = [] }: ExportedCertificate,
  read: readonly ReadDefinition[],
  environmentOf: (name: string) => string,
  makeJwk: MakeJwk,
): Promise<Result<ImportedJwk>[]> {
  const made = await Promise.all(
    jwks.map(async (item, index): Promise<readonly Result<ImportedJwk>[]> => {
      const at = ['jwks', String(index)];
      const name = readName(item.name);
      if (!name.ok) return [below(at, name)];
      const content =
        read[definitions.findIndex(({ environments }) => environments.includes(item.environment))]?.certificate;
      if (!content) return [rejected(notDeployed([...at, 'environment']))];
      // Its definition is refused already.
      if (!content.ok) return [];
      const { der, fingerprint } = content.value;
      const jwk = await makeJwk(der, item);
      if (!jwk.ok) return [below(at, jwk)];
      const { use, algorithm } = item;
      const environment = environmentOf(item.environment);
      return [accepted({ environment, name: name.value, use, algorithm, jwk: jwk.value, fingerprint })];
    }),
  );
  return made.flat();
}

function notDeployed(field: FieldPath): Refusal {
  return { code: 'INVALID_INPUT', message: 'the certificate is not deployed to this environment', field };
}
