import type { DefinitionPlan } from './definition-input.js';
import type { Refusal } from '../../records/refusal.js';

/** A certificate as one request would leave it. */
export interface Colliding extends Pick<DefinitionPlan, 'definitions'> {
  readonly action: string;
  readonly id: string;
  readonly name: string;
  readonly jwks: readonly {
    readonly id: string;
    readonly environment: string;
    readonly name: string;
    readonly jwk: { readonly kid: string };
  }[];
}

/** Whether the certificate is written; anything else leaves it as it is. */
export function changes({ action }: Pick<Colliding, 'action'>): boolean {
  return action === 'ADD' || action === 'REPLACE';
}

/** What the certificates of one request do to each other: an alias, a certificate or a JWK twice in an environment. */
export function innerCollisions(plan: readonly Colliding[]): Map<number, Refusal[]> {
  const taken = new Map<string, Colliding>();
  const takenJwks = new Map<string, Colliding['jwks'][number]>();
  const found = new Map<number, Refusal[]>();
  for (const [index, item] of plan.entries()) {
    if (!changes(item)) continue;
    const refuse = (refusal: Refusal) => found.set(index, [...(found.get(index) ?? []), refusal]);
    for (const [number, { environments, aliasKey, fingerprint }] of item.definitions.entries())
      for (const environment of environments) {
        const at = ['definitions', String(number)];
        const byAlias = claim(taken, `${environment} alias ${aliasKey}`, item);
        const byFingerprint = claim(taken, `${environment} certificate ${fingerprint}`, item);
        if (byAlias) {
          const message = `${JSON.stringify(byAlias.name)} of the same request has the alias in environment ${environment}`;
          refuse({ code: 'ALIAS_TAKEN', message, field: [...at, 'alias'], environment, certificateId: byAlias.id });
        }
        if (byFingerprint) {
          const message = `${JSON.stringify(byFingerprint.name)} of the same request has the certificate in environment ${environment}`;
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
      const told = (what: string) => `another JWK of the same request has the ${what} in environment ${environment}`;
      if (byName) refuse({ code: 'NAME_TAKEN', message: told('name'), field: ['jwks'], nodeId: byName.id });
      if (byKey) refuse({ code: 'KEY_TAKEN', message: told('key'), field: ['jwks'], jwkId: byKey.id });
    }
  }
  return found;
}

function claim<Item>(taken: Map<string, Item>, key: string, item: Item): Item | undefined {
  const other = taken.get(key);
  if (!other) taken.set(key, item);
  return other === item ? undefined : other;
}
