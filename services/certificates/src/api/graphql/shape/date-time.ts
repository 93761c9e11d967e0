import { GraphQLScalarType } from 'graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';
import { passingIsoTimes } from './iso-time.js';

/** A time. */
export const DateTime = new GraphQLScalarType({
  name: 'DateTime',
  description: 'A time with its offset from UTC (RFC 3339), such as `2026-03-01T09:30:00.000Z`. Answers are in UTC.',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time.html',
  serialize: passingIsoTimes(GraphQLDateTimeISO.serialize),
  parseValue: (value) => GraphQLDateTimeISO.parseValue(value),
  parseLiteral: (node, variables) => GraphQLDateTimeISO.parseLiteral(node, variables),
});
