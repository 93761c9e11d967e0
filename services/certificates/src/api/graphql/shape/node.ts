import { Field, InterfaceType } from 'type-graphql';
import { ID } from './id.js';

@InterfaceType({ description: 'An object with a globally unique id.' })
export abstract class Node {
  @Field(() => ID, { description: 'Id of the object, unique among all nodes and immutable.' })
  id!: string;
}
