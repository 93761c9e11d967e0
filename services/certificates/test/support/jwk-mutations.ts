import type { UserErrorView } from './mutations.js';
import type { ServiceProcess } from './service-process.js';

export const JWK = `id name use algorithm kid jwk fingerprint version environment { name }
  link { definition { id } certificate { id name } } retiring { kid retiresAt }`;
const PAYLOAD = `
  jwk { ${JWK} } changed
  userErrors { __typename code message field
    ... on AlgorithmNotAllowed { allowed }
    ... on NameTaken { node { ... on Jwk { ${JWK} } } }
    ... on KeyTaken { jwk { ${JWK} } }
    ... on JwkVersionConflict { current { version } } }`;

export interface JwkView {
  readonly id: string;
  readonly name: string;
  readonly kid: string;
  readonly version: number;
  readonly jwk: { readonly kid: string; readonly x5c: readonly string[] };
  readonly link: { readonly certificate: { readonly id: string } } | null;
  readonly retiring: readonly { readonly kid: string }[];
}

export interface JwkPayloadView {
  readonly jwk: JwkView | null;
  readonly changed: boolean;
  readonly userErrors: readonly UserErrorView[];
}

function mutation(action: string, type: string) {
  const text = `mutation ($input: ${type}!) { payload: ${action}(input: $input) { ${PAYLOAD} } }`;
  return async ({ query }: Pick<ServiceProcess, 'query'>, input: object): Promise<JwkPayloadView> =>
    (await query<{ payload: JwkPayloadView }>(text, { input })).payload;
}

export const createJwk = mutation('createJwk', 'CreateJwkInput');
export const renameJwk = mutation('renameJwk', 'RenameJwkInput');
export const disconnectJwk = mutation('disconnectJwk', 'ChangeJwkInput');
export const deleteJwk = mutation('deleteJwk', 'ChangeJwkInput');
