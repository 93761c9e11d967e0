import type { Registration, SetScope } from '@trustcast/schema';

/** Installation and environment whose sets a registered agent accepts. */
export function scopeOf({ installation, environment }: Registration): SetScope {
  return { installation, environment: environment.id };
}

export function isOf(scope: SetScope, registration: Registration): boolean {
  return scope.installation === registration.installation && scope.environment === registration.environment.id;
}
