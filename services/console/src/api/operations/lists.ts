import { operation } from '../operation.js';

const PAGE = `$first: Int, $after: String, $last: Int, $before: String`;
const TURN = `first: $first, after: $after, last: $last, before: $before`;
const INFO = `totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`;

export const TRUSTSTORE = operation(
  'Truststore',
  `query ($environment: String!, $filter: TruststoreFilterInput, ${PAGE}) {
    truststore(environment: $environment, filter: $filter, ${TURN}) { ${INFO}
      nodes { alias fingerprint origin live jvms hosts certificate { id name } content { subject daysLeft notAfter } } } }`,
);

export const JWK_LIST = operation(
  'JwkList',
  `query ($filter: JwkFilterInput, ${PAGE}) {
    jwks(filter: $filter, ${TURN}) { ${INFO}
      nodes { id name algorithm use kid version environment { name title } link { certificate { id name } }
        retiring { kid retiresAt } } } }`,
);

export const DISCONNECT_JWK = operation(
  'DisconnectJwk',
  `mutation ($input: ChangeJwkInput!) { payload: disconnectJwk(input: $input) { changed userErrors { code message } } }`,
);

export const HOST_LIST = operation(
  'HostList',
  `query ($environment: String!, ${PAGE}) {
    agents(environment: $environment, ${TURN}) { ${INFO}
      nodes { id name hostname state reason lastSeenAt revision agentVersion setAside { reason } revoked { reason }
        quarantine { total } duplicate { hostname }
        jvms { id pid mainClass jdkVersion via state reason lastError revision } } } }`,
);

export const ENROLL = operation(
  'Enroll',
  `mutation ($input: CreateEnrollmentTokenInput!) { payload: createEnrollmentToken(input: $input) {
    token enrollmentToken { expiresAt uses } userErrors { code message } } }`,
);

export const AUDIT = operation(
  'Audit',
  `query ($filter: AuditFilterInput, $first: Int, $after: String, $last: Int, $before: String) {
    audit(filter: $filter, ${TURN}) { pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      nodes { id at actor action address environments requestId certificate { id name } before after
        revisions { environment revision } } } }`,
);

export const HISTORY = operation(
  'History',
  `query ($name: String!, ${PAGE}) {
    environment(name: $name) { name title
      history(${TURN}) { pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        nodes { epoch revision createdAt counts { added changed removed } record { actor action }
          progress { state } deployment { id } } } } }`,
);
