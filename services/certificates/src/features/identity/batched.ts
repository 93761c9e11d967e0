interface Waiting<Found> {
  readonly resolve: (found: Found | null) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_KEYS = 500;

/** Looks keys up, all that wait at a time, and one time after the other: a flood of questions is a few of them. */
export function batched<Found>(
  look: (keys: readonly string[]) => Promise<ReadonlyMap<string, Found>>,
): (key: string) => Promise<Found | null> {
  const waiting = new Map<string, Waiting<Found>[]>();
  let looking = false;
  const run = async () => {
    looking = true;
    while (waiting.size > 0) {
      const batch = [...waiting].slice(0, MAX_KEYS);
      for (const [key] of batch) waiting.delete(key);
      try {
        const found = await look(batch.map(([key]) => key));
        for (const [key, askers] of batch) for (const { resolve } of askers) resolve(found.get(key) ?? null);
      } catch (error) {
        for (const [, askers] of batch) for (const { reject } of askers) reject(error);
      }
    }
    looking = false;
  };
  return (key) =>
    new Promise((resolve, reject) => {
      const askers = waiting.get(key);
      if (askers) askers.push({ resolve, reject });
      else waiting.set(key, [{ resolve, reject }]);
      if (!looking) void run();
    });
}
