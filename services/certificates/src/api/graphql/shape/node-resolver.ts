import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import { ID } from './id.js';
import type { Context } from '../context.js';
import { loadNode } from './load-node.js';
import { Node } from './node.js';

@Resolver()
export class NodeResolver {
  @Query(() => Node, { nullable: true, description: 'The object with this id, or null.' })
  node(
    @Arg('id', () => ID, { description: 'Id of the object.' }) id: string,
    @Ctx() context: Context,
  ): Promise<Node | null> {
    return loadNode(context, id);
  }
}
