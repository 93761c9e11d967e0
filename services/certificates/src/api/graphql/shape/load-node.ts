import { isUuid } from '../../../features/records/is-uuid.js';
import { agentRecord } from '../../../features/agents/sql/read-agents.js';
import { agentOf } from '../agents/agent.js';
import type { Context } from '../context.js';
import { loadDeployment } from '../deployments/deployment.js';
import type { Node } from './node.js';

/** An object of a class that is a {@link Node}; some of them say so to GraphQL alone. */
type AnyNode = Pick<Node, 'id'>;

/** Loads the object with this id, or null. */
export async function loadNode(
  { reads, certificates, environments, jwks }: Context,
  id: string,
): Promise<AnyNode | null> {
  if (!isUuid(id)) return null;
  const key = id.toLowerCase();
  const found = (await certificates.load(key)) ?? (await environments.load(key)) ?? (await jwks.load(key));
  if (found) return found;
  const agent = await agentRecord(reads, key);
  return agent ? agentOf(agent) : loadDeployment(reads, key);
}
