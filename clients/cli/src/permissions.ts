import { UsageError } from './errors.js';

const PERMISSIONS = ['VIEW', 'MANAGE', 'DEPLOY', 'APPROVE', 'EXPORT', 'ADMIN'];

/** @throws UsageError */
export function checkPermissions(permissions: readonly string[]): void {
  const wrong = permissions.find((permission) => !PERMISSIONS.includes(permission));
  if (wrong !== undefined)
    throw new UsageError(`${JSON.stringify(wrong)} is not a permission; the permissions are ${PERMISSIONS.join(', ')}`);
}
