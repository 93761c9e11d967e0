import { Field, ID, InterfaceType } from 'type-graphql';

@InterfaceType({ description: 'Whatever can be asked for by its id alone.' })
export abstract class Node {
  @Field(() => ID, { description: 'Unique among all nodes; immutable.' })
  id!: string;
}
