const UNKNOWN = 1_024;

/** How many descriptors the process may have; Node raises the soft limit to the hard one when it starts. */
export function maxDescriptors(): number {
  // Its network part looks names up, which takes seconds where nobody answers.
  (process.report as typeof process.report & { excludeNetwork: boolean }).excludeNetwork = true;
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } };
  const soft = userLimits?.open_files?.soft;
  return soft === 'unlimited' ? Infinity : typeof soft === 'number' ? soft : UNKNOWN;
}
