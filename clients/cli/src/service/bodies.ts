import type { HttpRequest } from '@trustcast/http-client';

/** Encodes a body: JSON as it is, a form as multipart. */
export async function encoded(
  body: string | FormData | undefined,
  authorization: string,
): Promise<Pick<HttpRequest, 'headers' | 'body'>> {
  if (body === undefined) return { headers: { authorization } };
  if (typeof body === 'string') return { headers: { authorization, 'content-type': 'application/json' }, body };
  const form = new Response(body);
  const bytes = new Uint8Array(await form.arrayBuffer());
  return { headers: { authorization, 'content-type': form.headers.get('content-type') ?? '' }, body: bytes };
}

/** Puts a file beside the operation: https://github.com/jaydenseric/graphql-multipart-request-spec (v3). */
export function formOf(query: string, { input }: Readonly<Record<string, unknown>>, content: Uint8Array): FormData {
  const form = new FormData();
  form.set('operations', JSON.stringify({ query, variables: { input: { ...(input as object), content: null } } }));
  form.set('map', JSON.stringify({ file: ['variables.input.content'] }));
  form.set('file', new Blob([Uint8Array.from(content)]));
  return form;
}
