import { checkName } from '../../records/certificate-input.js';
import type { ReadDefinition } from '../../certificates/rules/definition-input.js';
import type { ExportedCertificate, ExportedJwk } from './export-document.js';
import type { JwkUse } from '../../records/jwk-algorithm.js';
import type { PublicJwk } from '../../records/jwk-record.js';
import type { FieldPath, Refusal } from '../../records/refusal.js';

/** A JWK that shall follow an imported certificate. Its environment has the name of this installation. */
export interface ImportedJwk extends ExportedJwk {
  readonly jwk: PublicJwk;
  readonly fingerprint: string;
}

/** Makes the JWK of a certificate's key, or returns the reason its key cannot be used like this. */
export type MakeJwk = (
  der: Uint8Array,
  purpose: { readonly use: JwkUse; readonly algorithm: string },
) => Promise<PublicJwk | Refusal>;

/**
 * Makes the JWKs of an exported certificate again, by the rules of any new one.
 *
 * @param read its definitions, in the order of the export
 */
export async function importedJwks(
  { definitions, jwks = [] }: ExportedCertificate,
  read: readonly ReadDefinition[],
  environmentOf: (name: string) => string,
  makeJwk: MakeJwk,
): Promise<(ImportedJwk | Refusal)[]> {
  const made = await Promise.all(
    jwks.map(async (item, index): Promise<readonly (ImportedJwk | Refusal)[]> => {
      const at = ['jwks', String(index)];
      const name = checkName(item.name);
      if (typeof name !== 'string') return [{ ...name, field: [...at, 'name'] }];
      const content =
        read[definitions.findIndex(({ environments }) => environments.includes(item.environment))]?.certificate;
      if (!content) return [notDeployed([...at, 'environment'])];
      // Its definition is refused already.
      if ('code' in content) return [];
      const jwk = await makeJwk(content.der, item);
      if ('code' in jwk) return [{ ...jwk, field: [...at, 'algorithm'] }];
      const { use, algorithm } = item;
      const environment = environmentOf(item.environment);
      return [{ environment, name, use, algorithm, jwk, fingerprint: content.fingerprint }];
    }),
  );
  return made.flat();
}

function notDeployed(field: FieldPath): Refusal {
  return { code: 'INVALID_INPUT', message: 'the certificate is not deployed to this environment', field };
}
