/**
 * Makes an answer for all who ask: one at a time, and not again before the last one is `maxAgeMs` old. Who asks without a
 * token costs nothing more than the bytes of an answer that is there.
 */
export function sharedAnswer<Answer>(make: () => Promise<Answer>, maxAgeMs: number): () => Promise<Answer> {
  let making: Promise<Answer> | undefined;
  let made: { readonly answer: Answer; readonly at: number } | undefined;
  return () => {
    if (made && performance.now() - made.at < maxAgeMs) return Promise.resolve(made.answer);
    making ??= make()
      .then((answer) => {
        made = { answer, at: performance.now() };
        return answer;
      })
      .finally(() => (making = undefined));
    return making;
  };
}
