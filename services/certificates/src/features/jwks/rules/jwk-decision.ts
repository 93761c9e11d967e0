import type { JwkChoice, JwkQuestion } from '../../records/jwk-question.js';
import { JWK_DECISIONS, type JwkDecision, type JwkRecord } from '../../records/jwk-record.js';
import type { FieldPath, Refusal } from '../../records/refusal.js';
import { type Result, accepted, rejected } from '../../records/result.js';

/** The decision about some of the JWKs that follow changed certificates. There is no default. */
export interface GivenDecision {
  readonly decision: JwkDecision;
  /** The JWKs that the decision is about, as they were shown. */
  readonly jwkIds: readonly string[];
  /** Hours that the previous key of a JWK stays published; used with UPDATE only. */
  readonly overlapHours: number;
}

/** The decision about all JWKs that a change affects. */
export interface ConfirmedDecision {
  /** Empty: nothing was decided. */
  readonly given: readonly GivenDecision[];
  readonly confirmation: {
    /** null: nothing was typed. */
    readonly typed: string | null;
    /** What must be typed. */
    readonly name: string;
  };
}

/** A JWK whose certificate changes in its environment. */
export interface AffectedJwk {
  readonly jwk: JwkRecord;
  /** Fingerprint of the certificate in its environment after the change; null: none. */
  readonly fingerprint: string | null;
  /** Whether the key of that certificate cannot be used with the algorithm. */
  readonly incompatible: boolean;
  /** The JWK of the environment that has the key of that certificate; null: none. */
  readonly takenBy: { readonly id: string; readonly name: string } | null;
}

export function jwkQuestion(affected: readonly AffectedJwk[]): JwkQuestion {
  const choices = affected.map((each): JwkChoice => ({
    jwk: each.jwk,
    options: JWK_DECISIONS.map((decision) => ({ decision, reason: obstacle(each, decision) })),
  }));
  const options = JWK_DECISIONS.filter(
    (decision) => affected.length > 0 && affected.every((each) => obstacle(each, decision) === null),
  );
  return { jwks: affected.map(({ jwk }) => jwk), options, choices };
}

/** Reason a decision is not available for a JWK; null: it is available. */
function obstacle({ jwk, fingerprint, incompatible, takenBy }: AffectedJwk, decision: JwkDecision): string | null {
  switch (decision) {
    case 'DISCONNECT':
      return null;
    case 'DELETE_JWKS':
      return fingerprint === null
        ? null
        : 'the certificate stays in the environment: disconnect the JWK, and delete it by itself';
    case 'UPDATE':
      if (fingerprint === null) return 'the certificate leaves the environment';
      if (incompatible) return `the key of the new certificate cannot be used with ${jwk.algorithm}`;
      return takenBy ? `the environment has a JWK of the new key already: ${JSON.stringify(takenBy.name)}` : null;
  }
}

/** Place in the input of the decision about each JWK. */
type Places = ReadonlyMap<string, { readonly given: GivenDecision; readonly at: FieldPath }>;

/** Reasons a decision cannot be applied; empty: it can. */
export function checkJwkDecision(
  affected: readonly AffectedJwk[],
  { given, confirmation }: ConfirmedDecision,
): readonly Refusal[] {
  const message =
    affected.length === 0
      ? 'No JWK follows what is changed: leave the decision out.'
      : `This Certificate is used in ${affected.length} JWK(s). What would you like to do?`;
  if (given.length === 0 && affected.length > 0)
    return [{ code: 'JWK_DECISION_REQUIRED', message, field: ['jwkDecision'], ...jwkQuestion(affected) }];
  const read = readPlaces(given);
  if (!read.ok) return read.refusals;
  const places = read.value;
  const mistaken = [...places.keys()].find((id) => !affected.some(({ jwk }) => jwk.id === id));
  if (places.size !== affected.length || mistaken !== undefined || (given.length > 0 && affected.length === 0)) {
    const field = places.get(mistaken ?? '')?.at ?? ['jwkDecision'];
    return [{ code: 'JWKS_CHANGED', message, field, ...jwkQuestion(affected) }];
  }
  if ((given.length > 0 || confirmation.typed !== null) && confirmation.typed?.normalize('NFC') !== confirmation.name)
    return [
      {
        code: 'INVALID_INPUT',
        message: 'this change affects JWKs: confirm it by typing the name',
        field: ['confirmName'],
      },
    ];
  return given.flatMap(({ decision, jwkIds }, index): readonly Refusal[] => {
    const message = 'the decision names no JWK: name those that it is for';
    if (jwkIds.length === 0)
      return [{ code: 'INVALID_INPUT', message, field: ['jwkDecision', String(index), 'jwkIds'] }];
    const about = new Set(jwkIds.map(lowerCase));
    const selected = affected.filter(({ jwk }) => about.has(jwk.id));
    return unavailable(selected, decision, ['jwkDecision', String(index), 'decision'], places);
  });
}

function readPlaces(given: readonly GivenDecision[]): Result<Places> {
  const places = new Map<string, { given: GivenDecision; at: FieldPath }>();
  for (const [index, each] of given.entries())
    for (const [number, id] of each.jwkIds.map(lowerCase).entries()) {
      const at = ['jwkDecision', String(index), 'jwkIds', String(number)];
      const known = places.get(id);
      if (known && known.given !== each)
        return rejected({
          code: 'INVALID_INPUT',
          message: 'this JWK is named in more than one decision: name it in one',
          field: at,
        });
      places.set(id, { given: each, at });
    }
  return accepted(places);
}

const lowerCase = (id: string) => id.toLowerCase();

function unavailable(
  selected: readonly AffectedJwk[],
  decision: JwkDecision,
  field: FieldPath,
  places: Places,
): readonly Refusal[] {
  const incompatible = selected.flatMap((each) => (each.incompatible ? [each.jwk] : []));
  if (decision === 'UPDATE' && incompatible.length > 0) {
    const named = incompatible.map(({ name, algorithm }) => `${JSON.stringify(name)} (${algorithm})`).join(', ');
    const message = `the key of the new certificate cannot be used as these JWKs say: ${named}; decide otherwise for them in jwkDecision, or use a key of their kind`;
    return [{ code: 'JWK_INCOMPATIBLE', message, field, jwks: incompatible }];
  }
  return selected.flatMap((each): readonly Refusal[] => {
    const { jwk, takenBy } = each;
    // A JWK that the same change deletes releases its key.
    const free =
      takenBy && places.get(takenBy.id)?.given.decision === 'DELETE_JWKS' ? { ...each, takenBy: null } : each;
    const reason = obstacle(free, decision);
    if (reason === null) return [];
    const message = `${JSON.stringify(jwk.name)}: ${reason}`;
    return [
      decision === 'UPDATE' && free.fingerprint !== null && free.takenBy
        ? { code: 'KEY_TAKEN', message, field, jwkId: free.takenBy.id }
        : { code: 'INVALID_INPUT', message, field },
    ];
  });
}
