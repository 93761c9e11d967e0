/**
 * @typedef {{ data?: unknown, errors?: { message: string }[], detail?: string }} Answer
 * @typedef {(query: string, variables?: Record<string, unknown>) => Promise<any>} GraphqlClient answers `data`
 */

/**
 * @param {{ url: string, token: string }} options url: of the service
 * @returns {GraphqlClient}
 */
export function graphqlClient({ url, token }) {
  return async (query, variables) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors, detail } = /** @type {Answer} */ (await response.json());
    // A request that is refused before it is read is answered without GraphQL (RFC 9457).
    if (detail !== undefined) throw new Error(`GraphQL (${response.status}): ${detail}`);
    if (errors) throw new Error(`GraphQL (${response.status}): ${errors.map(({ message }) => message).join('; ')}`);
    return data;
  };
}

/**
 * Answers the payload of a mutation.
 * @param {any} payload
 * @throws {Error} naming the user errors, where there are any
 */
export function succeeded(payload) {
  const errors = /** @type {{ code: string, message: string }[]} */ (payload.userErrors);
  if (errors.length > 0) throw new Error(errors.map(({ code, message }) => `${code}: ${message}`).join('; '));
  return payload;
}
