import type { GraphQLScalarSerializer } from 'graphql';

/** As `Date.prototype.toISOString` writes times of this era, and SQL here too. */
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Passes times through that are written as they are answered: the scalar would take each apart only to see that. */
export function passingIsoTimes(serialize: GraphQLScalarSerializer<unknown>): GraphQLScalarSerializer<unknown> {
  return (value) => (typeof value === 'string' && ISO_TIME.test(value) ? value : serialize(value));
}
