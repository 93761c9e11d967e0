import type { Refusal } from '../../../features/records/refusal.js';

/** Why permissions cannot be given as they are asked for. */
export function permissionRules({
  permissions,
  environments,
}: {
  readonly permissions: readonly string[];
  readonly environments?: readonly string[] | null;
}): Refusal[] {
  const invalid = (field: string, message: string): Refusal => ({ code: 'INVALID_INPUT', message, field: [field] });
  return [
    ...(permissions.length === 0 ? [invalid('permissions', 'name at least one permission')] : []),
    ...(environments?.length === 0
      ? [invalid('environments', 'name at least one environment, or none with null')]
      : []),
  ];
}
