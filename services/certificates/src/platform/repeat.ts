/** Does something at once and then again and again, one run at a time. @returns ends it, after the run that is under way */
export function repeat(
  work: () => Promise<unknown>,
  intervalMs: number,
  onError: (error: unknown) => void,
): () => Promise<void> {
  let running: Promise<unknown> | undefined;
  const run = () =>
    (running ??= work()
      .catch(onError)
      .finally(() => (running = undefined)));
  void run();
  const timer = setInterval(() => void run(), intervalMs);
  return async () => {
    clearInterval(timer);
    await running;
  };
}
