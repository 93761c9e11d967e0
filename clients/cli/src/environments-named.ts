import { ServiceError } from './errors.js';
import { operation } from './service/operation.js';
import type { Service } from './service/service.js';

const ENVIRONMENTS = operation('EnvironmentNames', 'query { environments { name } }');

/**
 * The names that are wanted, none: those of all environments.
 *
 * @throws ServiceError naming those that do not exist
 */
export async function environmentsNamed(service: Service, wanted: readonly string[]): Promise<readonly string[]> {
  const { environments } = await service.ask(ENVIRONMENTS);
  const names = environments.map(({ name }) => name);
  const missing = wanted.filter((name) => !names.includes(name));
  if (missing.length > 0)
    throw new ServiceError('NOT_FOUND', `there is no environment ${missing.join(', ')}; there are ${names.join(', ')}`);
  return wanted.length === 0 ? names : wanted;
}
