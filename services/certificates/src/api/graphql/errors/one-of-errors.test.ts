import { expect, test } from '@jest/globals';
import { type GraphQLError, Kind, buildSchema, getVariableValues, parse, validate } from 'graphql';
import { messageWithoutValues } from './client-errors.js';

const schema = buildSchema(`
  type Query { save(input: Save!): Int  find(from: From): Int }
  input Save { parts: [Part!]! }
  input Part { name: String, from: From! }
  input From @oneOf { file: File, text: String }
  input File { content: String! }
`);
const told = (errors: readonly GraphQLError[]) => errors.map((one) => messageWithoutValues(schema, one.message, one));

test.each(['{}', '{ file: { content: "secret" }, text: "secret" }', '{ text: null }'])(
  'a literal %s is told with its place and the fields of which it takes one',
  (from) => {
    const query = `{ save(input: { parts: [{ name: "a", from: { text: "a" } }, { from: ${from} }] }) }`;
    expect(told(validate(schema, parse(query)))).toEqual([
      'Field "input.parts[1].from" takes exactly one of "file", "text", and not null.',
    ]);
  },
);

test.each<[string, object]>([
  ['nothing', {}],
  ['two', { file: { content: 'secret' }, text: 'secret' }],
  ['null', { text: null }],
])('a variable with %s is told with its place and the fields of which it takes one', (_what, from) => {
  const document = parse('query ($i: Save!) { save(input: $i) }');
  const [operation] = document.definitions;
  const definitions = operation?.kind === Kind.OPERATION_DEFINITION ? (operation.variableDefinitions ?? []) : [];
  const { errors = [] } = getVariableValues(schema, definitions, { i: { parts: [{ from: { text: 'a' } }, { from }] } });
  expect(told(errors)).toEqual([
    'Variable "$i" got invalid value at "i.parts[1].from": takes exactly one of "file", "text", and not null.',
  ]);
});

test('a variable that may be null is told where it may not', () => {
  const query = 'query ($t: String) { find(from: { text: $t }) }';
  expect(told(validate(schema, parse(query)))).toEqual([
    'Variable "$t" may be null, but stands in a From, which takes exactly one of "file", "text", and not null.',
  ]);
});
