import { GraphQLID, GraphQLScalarType } from 'graphql';
import { normalId } from '../../../features/records/is-uuid.js';

/**
 * The ID of GraphQL, whose values are normalised where they enter: a UUID may be written in either case (RFC 9562 section 4).
 * All fields and arguments use this one: a schema that also held the original would not be built.
 */
export const ID = new GraphQLScalarType({
  ...GraphQLID.toConfig(),
  parseValue: (value) => normalId(GraphQLID.parseValue(value)),
  parseLiteral: (node, variables) => normalId(GraphQLID.parseLiteral(node, variables)),
});
