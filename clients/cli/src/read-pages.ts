import type { Service } from './service/service.js';

interface Answer<Node> {
  readonly page: {
    readonly nodes: readonly Node[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

/** Reads all pages of a connection: the query takes `$after` and calls the connection `page`. */
export async function readPages<Node>(
  service: Service,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
): Promise<Node[]> {
  const nodes: Node[] = [];
  for (let after: string | null = null; ;) {
    const { page }: Answer<Node> = await service.ask<Answer<Node>>(query, { ...variables, after });
    nodes.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return nodes;
    after = page.pageInfo.endCursor;
  }
}
