import type { ServiceProcess } from './service-process.js';

const PAYLOAD = `
  certificate { id name description version createdAt updatedAt
    definitions { id alias source url fingerprint environments { name } content { subject pem daysLeft ca } } }
  deployment { id environments { epoch revision state environment { name } } }
  changed
  warnings { code message field }
  userErrors { __typename code message field
    ... on NameTaken { node { __typename ... on Certificate { name } } }
    ... on DuplicateCertificate { certificate { name } }
    ... on VersionConflict { current { id name description version updatedAt definitions { alias fingerprint } } }
    ... on JwkDecisionRequired { jwks { id name } options choices { jwk { id } options { decision available reason } } }
    ... on JwksChanged { jwks { id name } options choices { jwk { id } } }
    ... on JwkIncompatible { jwks { name } }
    ... on KeyTaken { jwk { name } }
    ... on EnvironmentNotFound { names }
    ... on MultipleCertificates { fingerprints }
    ... on NotJavaSafe { rule } }`;

export interface DefinitionFields {
  readonly id?: string;
  readonly environments: readonly string[];
  readonly alias: string;
  readonly from?: object;
}

/** A definition as pasted PEM. */
export function pasted(environments: readonly string[], alias: string, content: string): DefinitionFields {
  return { environments, alias, from: { clipboard: { encoding: 'BASE64PEM', content } } };
}

export interface UserErrorView {
  readonly __typename: string;
  readonly code: string;
  readonly message: string;
  readonly field: readonly string[] | null;
}

export interface CertificateView {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly definitions: readonly { readonly id: string; readonly alias: string; readonly fingerprint: string }[];
}

export interface PayloadView {
  readonly certificate: CertificateView | null;
  readonly deployment: {
    readonly id: string;
    readonly environments: readonly { readonly epoch: number; readonly revision: number; readonly state: string }[];
  } | null;
  readonly changed: boolean;
  readonly warnings: readonly { readonly code: string }[];
  readonly userErrors: readonly UserErrorView[];
}

export function codes({ userErrors }: { readonly userErrors: readonly { readonly code: string }[] }): string[] {
  return userErrors.map(({ code }) => code);
}

function mutation(action: string) {
  const type = `${action.charAt(0).toUpperCase()}${action.slice(1)}Input`;
  const text = `mutation ($input: ${type}!) { payload: ${action}(input: $input) { ${PAYLOAD} } }`;
  return async ({ query }: Pick<ServiceProcess, 'query'>, input: object): Promise<PayloadView> =>
    (await query<{ payload: PayloadView }>(text, { input })).payload;
}

export const createCertificate = mutation('createCertificate');
export const updateCertificate = mutation('updateCertificate');
export const deleteCertificate = mutation('deleteCertificate');

export async function createEnvironment(
  { query }: ServiceProcess,
  name: string,
  kind: 'API_MANAGER' | 'GATEWAY' = 'API_MANAGER',
): Promise<string> {
  const { payload } = await query<{ payload: { environment: { id: string } | null } }>(
    `mutation ($name: String!, $kind: EnvironmentKind!) {
       payload: createEnvironment(input: { name: $name, kind: $kind }) { environment { id } } }`,
    { name, kind },
  );
  if (!payload.environment) throw new Error(`${name} was not made`);
  return payload.environment.id;
}
