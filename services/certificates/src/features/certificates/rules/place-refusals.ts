import { type Result, rejected } from '../../records/result.js';
import type { FieldPath, Refusal } from '../../records/refusal.js';

interface Definition {
  readonly environments: readonly string[];
  readonly fingerprint: string;
}

/** The definitions of one certificate with their place in the input. */
export interface PlacedDefinitions {
  /** Path that leads to `definitions`. */
  readonly at: FieldPath;
  readonly definitions: readonly Definition[];
}

/** Replaces refusals of definitions as a whole by one for each place of the input that they concern. */
export function placeRefusals(refusals: readonly Refusal[], places: readonly PlacedDefinitions[]): readonly Refusal[] {
  return refusals.flatMap((refusal) => {
    const placed = places.flatMap(({ at, definitions }) =>
      definitions.flatMap((definition, index) => placeIn(refusal, definition, [...at, 'definitions', String(index)])),
    );
    return placed.length > 0 ? placed : [refusal];
  });
}

function placeIn(refusal: Refusal, { environments, fingerprint }: Definition, at: FieldPath): readonly Refusal[] {
  if (refusal.code === 'ENVIRONMENT_NOT_FOUND')
    return environments.flatMap((name, number) =>
      refusal.names.includes(name)
        ? [
            {
              ...refusal,
              message: `no such environment: ${JSON.stringify(name.slice(0, 63))}; create it first, or correct the name`,
              field: [...at, 'environments', String(number)],
              names: [name],
            },
          ]
        : [],
    );
  if (refusal.code === 'CERTIFICATE_COMPROMISED' && refusal.fingerprints.includes(fingerprint))
    return [
      {
        ...refusal,
        message: `deleted as compromised; refused until \`liftCompromise\` accepts it again: ${fingerprint}`,
        field: [...at, 'from'],
        fingerprints: [fingerprint],
      },
    ];
  return [];
}

/** A result whose refusals name their place in the input. */
export async function placed<Answer>(
  result: Promise<Result<Answer>>,
  places: () => readonly PlacedDefinitions[],
): Promise<Result<Answer>> {
  const made = await result;
  return made.ok ? made : rejected(...placeRefusals(made.refusals, places()));
}
