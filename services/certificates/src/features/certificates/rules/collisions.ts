import type { PlannedDefinition } from './definition-input.js';
import type { Refusal } from '../../records/refusal.js';

/** What a certificate claims in environments when a request is made. */
export interface Claims {
  readonly id: string;
  readonly name: string;
  readonly definitions: readonly PlannedDefinition[];
  readonly jwks: readonly {
    readonly id: string;
    readonly environment: string;
    readonly name: string;
    readonly jwk: { readonly kid: string };
  }[];
}

/**
 * Collisions among the certificates of one request, by their index: an alias, a certificate or a JWK twice in an
 * environment.
 *
 * @param items null: it is not written
 */
export function innerCollisions(items: readonly (Claims | null)[]): Map<number, Refusal[]> {
  const taken = new Map<string, Claims>();
  const takenJwks = new Map<string, Claims['jwks'][number]>();
  const found = new Map<number, Refusal[]>();
  for (const [index, item] of items.entries()) {
    if (!item) continue;
    const refuse = (refusal: Refusal) => found.set(index, [...(found.get(index) ?? []), refusal]);
    for (const [number, { environments, aliasKey, fingerprint }] of item.definitions.entries())
      for (const environment of environments) {
        const at = ['definitions', String(number)];
        const byAlias = claim(taken, `${environment} alias ${aliasKey}`, item);
        const byFingerprint = claim(taken, `${environment} certificate ${fingerprint}`, item);
        if (byAlias) {
          const message = `${JSON.stringify(byAlias.name)} of the same request has the alias in environment ${environment}: choose another alias`;
          refuse({ code: 'ALIAS_TAKEN', message, field: [...at, 'alias'], environment, certificateId: byAlias.id });
        }
        if (byFingerprint) {
          const message = `${JSON.stringify(byFingerprint.name)} of the same request has the certificate in environment ${environment}: name the environment once`;
          refuse({
            code: 'DUPLICATE_CERTIFICATE',
            message,
            field: [...at, 'from'],
            certificateId: byFingerprint.id,
          });
        }
      }
    for (const jwk of item.jwks) {
      const { environment, name } = jwk;
      const byName = claim(takenJwks, `${environment} name ${name}`, jwk);
      const byKey = claim(takenJwks, `${environment} key ${jwk.jwk.kid}`, jwk);
      const messageOf = (what: string) =>
        `another JWK of the same request has the ${what} in environment ${environment}: name it once`;
      if (byName) refuse({ code: 'NAME_TAKEN', message: messageOf('name'), field: ['jwks'], nodeId: byName.id });
      if (byKey) refuse({ code: 'KEY_TAKEN', message: messageOf('key'), field: ['jwks'], jwkId: byKey.id });
    }
  }
  return found;
}

function claim<Item>(taken: Map<string, Item>, key: string, item: Item): Item | undefined {
  const other = taken.get(key);
  if (!other) taken.set(key, item);
  return other === item ? undefined : other;
}
