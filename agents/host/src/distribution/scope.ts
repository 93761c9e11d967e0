import type { Registration, SetScope } from '@trustcast/schema';

/** Whose sets a registered agent believes. */
export function scopeOf({ installation, environment }: Registration): SetScope {
  return { installation, environment: environment.id };
}

export function isOf(scope: SetScope, registration: Registration): boolean {
  return scope.installation === registration.installation && scope.environment === registration.environment.id;
}
