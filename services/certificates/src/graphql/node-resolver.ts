import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import { isUuid } from '../domain/is-uuid.js';
import { agentRecord } from '../postgres/read-agents.js';
import { agentOf } from './agents/agent.js';
import type { Context } from './context.js';
import { loadDeployment } from './deployments/deployment.js';
import { Node } from './node.js';

@Resolver()
export class NodeResolver {
  @Query(() => Node, { nullable: true, description: 'Whatever has this id; null: nothing has.' })
  async node(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() { database, certificates, environments, jwks }: Context,
  ): Promise<Node | null> {
    if (!isUuid(id)) return null;
    const key = id.toLowerCase();
    const found = (await certificates.load(key)) ?? (await environments.load(key)) ?? (await jwks.load(key));
    if (found) return found;
    const agent = await agentRecord(database, key);
    return agent ? agentOf(agent) : loadDeployment(database, key);
  }
}
