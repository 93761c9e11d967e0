import type { Permission } from '../../src/features/records/grants.js';
import { type Answer, type ServiceProcess, ask } from './service-process.js';

export interface NewToken {
  readonly permissions: readonly Permission[];
  readonly environments?: readonly string[] | null;
  readonly expiresAt?: string;
  readonly name?: string;
}

export interface MadeToken {
  readonly id: string;
  readonly token: string;
  /** Asks with it. */
  readonly ask: (query: string, variables?: object) => Promise<Answer>;
}

/** Makes an API token as the administrator, and asks with it. */
export async function createToken(
  service: ServiceProcess,
  { name = 'a token', ...rest }: NewToken,
): Promise<MadeToken> {
  const { payload } = await service.query<{
    payload: { apiToken: { id: string } | null; token: string | null; userErrors: object[] };
  }>(
    `mutation ($input: CreateApiTokenInput!) { payload: createApiToken(input: $input) {
       apiToken { id } token userErrors { code message field } } }`,
    { input: { name, ...rest } },
  );
  const { apiToken, token } = payload;
  if (!apiToken || token === null) throw new Error(JSON.stringify(payload.userErrors));
  return { id: apiToken.id, token, ask: (query, variables) => ask(service.url, token, query, variables) };
}
