import { operation } from '../operation.js';

export const ME = operation(
  'Me',
  `query { me { name actor kind expiresAt grants { permission environments } user { issuer subject groups } } }`,
);

export const ENVIRONMENTS = operation(
  'Environments',
  `query { environments { id name title kind epoch revision entries counts { agents certificates jwks } } }`,
);

/** Says that something of an environment was deployed. */
export const LATEST = operation(
  'Latest',
  `subscription ($environment: String!) { latestDeployment(environment: $environment) { id environments { state revision } } }`,
);
