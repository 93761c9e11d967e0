import { RequestFailure } from './failure.js';
import type { Operation } from './operation.js';

interface Response {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
  /** Of problem details (RFC 9457). */
  readonly code?: string;
  readonly detail?: string;
}

/** Asks the service. @throws RequestFailure */
export async function ask<Answer, Given>(
  token: string,
  { text }: Operation<Answer, Given>,
  variables: Given,
  signal?: AbortSignal,
): Promise<Answer> {
  const response = await send('/graphql', token, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: text, variables }),
    ...(signal && { signal }),
  });
  const { data, errors, code, detail } = (await response.json().catch(() => ({}))) as Response;
  const [error] = errors ?? [];
  if (error) throw new RequestFailure(error.extensions?.code ?? 'GRAPHQL', error.message);
  if (!response.ok) throw new RequestFailure(code ?? 'UNAVAILABLE', detail ?? '');
  return data as Answer;
}

/** A file that the service offers beside GraphQL, as the browser saves it. @throws RequestFailure */
export async function download(token: string, path: string): Promise<void> {
  const response = await send(path, token, {});
  if (!response.ok) {
    const { code, detail } = (await response.json().catch(() => ({}))) as Response;
    throw new RequestFailure(code ?? 'UNAVAILABLE', detail ?? '');
  }
  const name = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? 'trustcast';
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function send(
  path: string,
  token: string,
  init: Omit<RequestInit, 'headers'> & { readonly headers?: Readonly<Record<string, string>> },
): Promise<globalThis.Response> {
  try {
    return await fetch(path, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new RequestFailure('UNREACHABLE', '');
  }
}
