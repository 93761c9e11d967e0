import { operation } from '../operation.js';

export const CONTENT = `subject issuer serialNumber notBefore notAfter daysLeft keyAlgorithm keySize curve
  signatureAlgorithm keyUsages extendedKeyUsages ca selfSigned basicConstraints { ca pathLength }
  subjectAlternativeNames { type value ignoredByJava } fingerprintSha1 fingerprintSha256 pem`;

export const ERRORS = `userErrors { __typename code field message
  ... on JwkDecisionRequired { choices { jwk { id name kid algorithm environment { name } } options { decision available reason } } }
  ... on JwkIncompatible { jwks { id name } }
  ... on VersionConflict { current { id version } }
  ... on MultipleCertificates { fingerprints }
  ... on DuplicateCertificate { certificate { id name } } }`;

export const CERTIFICATE_LIST = operation(
  'CertificateList',
  `query ($filter: CertificateFilterInput, $orderBy: CertificateOrderInput, $first: Int, $after: String, $last: Int, $before: String) {
    certificates(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
      totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      nodes { id name description owner version
        definitions { alias content { daysLeft notAfter } }
        deployments { environment { name title kind } hosts jvms live proven unreachable written incomplete } } } }`,
);

export const CERTIFICATE_VIEW = operation(
  'CertificateView',
  `query ($id: ID!) {
    certificate(by: { id: $id }) { id name description owner version createdAt updatedAt
      definitions { id alias source url fingerprint environments { name title kind } content { ${CONTENT} } }
      deployments { environment { name title kind } hosts jvms live proven unreachable written incomplete jwkCount } } }`,
);

export const PARSE = operation(
  'Parse',
  `mutation ($input: ParseCertificatesInput!) { payload: parseCertificates(input: $input) {
    certificates { fingerprint suggestedAlias alias content { ${CONTENT} } warnings { code message } userErrors { code message } }
    userErrors { code field message } } }`,
);

export const RETRIEVE = operation(
  'Retrieve',
  `mutation ($input: RetrieveCertificatesInput!) { payload: retrieveCertificates(input: $input) {
    address protocol rootSent
    certificates { fingerprint suggestedAlias alias content { ${CONTENT} } warnings { code message } userErrors { code message } }
    userErrors { code field message } } }`,
);

const CHANGED = `certificate { id name version } changed deployment { id } warnings { code message } ${ERRORS}`;

export const CREATE = operation(
  'Create',
  `mutation ($input: CreateCertificateInput!) { payload: createCertificate(input: $input) { ${CHANGED} } }`,
);

export const UPDATE = operation(
  'Update',
  `mutation ($input: UpdateCertificateInput!) { payload: updateCertificate(input: $input) { ${CHANGED} } }`,
);

export const DELETE = operation(
  'Delete',
  `mutation ($input: DeleteCertificateInput!) { payload: deleteCertificate(input: $input) { ${CHANGED} } }`,
);

export const IMPACT = operation(
  'Impact',
  `query ($id: ID!) { certificate(by: { id: $id }) { id version impact {
    environment { name title } hosts jvms jvmsWithBase unreachable incomplete jwks { id name kid algorithm } } } }`,
);

export const PROGRESS = operation(
  'Progress',
  `subscription ($id: ID!) { deploymentProgress(id: $id) { id createdAt environments { epoch revision state
    environment { name title }
    hosts { total written failed unreachable unregistered setAside incomplete } jvms { total live failed joined unsupported }
    targets(first: 50) { totalCount nodes { state reason joined agent { id name hostname }
      jvms { id pid mainClass jdkVersion state reason live lastError } } } } } }`,
);
