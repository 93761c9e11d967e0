import { table } from '@trustcast/terminal';
import { type Command, EXIT } from '../command.js';
import { environmentsNamed } from '../environments-named.js';
import { ServiceError } from '../errors.js';
import { readPages } from '../read-pages.js';
import { operation } from '../service/operation.js';

const PAGE = operation(
  'JwkPage',
  `query ($filter: JwkFilterInput, $after: String) {
  page: jwks(first: 200, filter: $filter, after: $after) {
    nodes { id name kid use algorithm fingerprint version jwk environment { name }
      link { certificate { name } } retiring { kid retiresAt } }
    pageInfo { hasNextPage endCursor }
  }
}`,
);

const ENVIRONMENT = { value: 'NAME', says: 'only JWKs that this environment publishes' };

export const listJwks: Command = {
  name: 'jwks list',
  words: '[TEXT]',
  wordCount: [0, 1],
  summary: 'lists JWKs',
  help: 'TEXT is part of a name, kid or algorithm.',
  options: { environment: ENVIRONMENT },
  async run({ service, words: [text], options, json, out }) {
    const environment = options.text('environment');
    if (environment !== undefined) await environmentsNamed(service, [environment]);
    const filter = { ...(text !== undefined && { text }), ...(environment !== undefined && { environment }) };
    const jwks = await readPages(service, PAGE, { filter });
    if (json) out(JSON.stringify(jwks, null, 2));
    else
      out(
        table([
          ['NAME', 'ENVIRONMENT', 'USE', 'ALGORITHM', 'CERTIFICATE', 'KID'],
          ...jwks.map((jwk) => [
            jwk.name,
            jwk.environment.name,
            jwk.use,
            jwk.algorithm,
            jwk.link?.certificate.name ?? '(disconnected)',
            jwk.kid,
          ]),
        ]),
      );
    return EXIT.ok;
  },
};

export const showJwk: Command = {
  name: 'jwks show',
  words: 'NAME',
  wordCount: [1, 1],
  summary: 'shows one JWK as published',
  help: 'NAME is the exact name or the kid of the JWK. Names are unique in their environment.',
  options: { environment: ENVIRONMENT },
  async run({ service, words: [name = ''], options, json, out }) {
    const environment = options.text('environment');
    const filter = { text: name, ...(environment !== undefined && { environment }) };
    const found = await readPages(service, PAGE, { filter });
    const [jwk, another] = found.filter((each) => each.name === name || each.kid === name);
    if (!jwk)
      throw new ServiceError('NOT_FOUND', `there is no JWK ${JSON.stringify(name)}; trustcast jwks list shows all`);
    if (another) throw new ServiceError('AMBIGUOUS', `there are several of this name: choose by --environment`);
    out(json ? JSON.stringify(jwk, null, 2) : JSON.stringify(jwk.jwk, null, 2));
    return EXIT.ok;
  },
};
