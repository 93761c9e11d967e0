import { describe, expect, test } from '@jest/globals';
import { serverAudits } from 'graphql-http';
import { useService } from '../support/use-harness.js';

const service = useService();
const audits = serverAudits({
  url: () => `${service.url}/graphql`,
  fetchFn: (url: string, { headers, ...init }: RequestInit = {}) =>
    fetch(url, { ...init, headers: { ...(headers as object), authorization: `Bearer ${service.token}` } }),
});

/**
 * What is left out: queries by GET, which a link or an image in a page could send, and 200 for what cannot be executed, which clients
 * and proxies take for a success.
 */
const LEFT_OUT: readonly string[] = ['5A70', 'D6D5', '6A70', '572B', 'FDE2', '7B9B'];

describe('of GraphQL over HTTP the service', () => {
  test.each(audits.filter(({ id }) => !LEFT_OUT.includes(id)).map((audit) => [audit.name, audit] as const))(
    '%s',
    async (_name, audit) => {
      expect(await audit.fn()).toMatchObject({ status: 'ok' });
    },
  );

  test('leaves out only what nobody must do', () => {
    const left = audits.filter(({ id }) => LEFT_OUT.includes(id));
    expect(left).toHaveLength(LEFT_OUT.length);
    expect(left.filter(({ name }) => name.startsWith('MUST'))).toEqual([]);
  });
});
