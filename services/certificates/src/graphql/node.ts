import { Field, InterfaceType } from 'type-graphql';
import { ID } from './id.js';

@InterfaceType({ description: 'Whatever can be asked for by its id alone.' })
export abstract class Node {
  @Field(() => ID, { description: 'Unique among all nodes; immutable.' })
  id!: string;
}
