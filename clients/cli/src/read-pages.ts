import { ServiceError } from './errors.js';
import type { Operation } from './service/operation.js';
import type { Service } from './service/service.js';

interface Answer<Node> {
  /** null: what the rows belong to is not there. */
  readonly page: {
    readonly nodes: readonly Node[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  } | null;
}

/** Reads all pages of a connection: the operation takes `$after` and calls the connection `page`. @throws ServiceError */
export async function readPages<Node>(
  service: Service,
  operation: Operation<Answer<Node>>,
  variables: Readonly<Record<string, unknown>> = {},
): Promise<Node[]> {
  const nodes: Node[] = [];
  for (let after: string | null = null; ;) {
    const { page }: Answer<Node> = await service.ask(operation, { ...variables, after });
    if (!page) throw new ServiceError('NOT_FOUND', 'what was to be listed has been deleted meanwhile: try again');
    nodes.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return nodes;
    after = page.pageInfo.endCursor;
  }
}
