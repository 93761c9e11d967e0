import {
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isObjectType,
  isInterfaceType,
  isSpecifiedScalarType,
} from 'graphql';
import { expect, test } from '@jest/globals';
import { makeSchema } from './schema.js';

/** Path and description of a type and everything in it. */
function described(type: GraphQLNamedType): [string, string | null | undefined][] {
  const own: [string, string | null | undefined] = [type.name, type.description];
  if (isEnumType(type)) return [own, ...type.getValues().map((value) => pair(type, value))];
  if (isInputObjectType(type)) return [own, ...Object.values(type.getFields()).map((field) => pair(type, field))];
  if (!isObjectType(type) && !isInterfaceType(type)) return [own];
  return [
    own,
    ...Object.values(type.getFields()).flatMap((field) => [
      pair(type, field),
      ...field.args.map((argument) => pair({ name: `${type.name}.${field.name}` }, argument)),
    ]),
  ];
}

function pair(
  of: { name: string },
  { name, description }: { name: string; description?: string | null | undefined },
): [string, string | null | undefined] {
  return [`${of.name}.${name}`, description];
}

function everyDescription() {
  const types = Object.values(makeSchema().getTypeMap());
  const own = types.filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type));
  return own.flatMap(described);
}

test('every type, field, argument and value says what it is', () => {
  const all = everyDescription();
  expect(all.length).toBeGreaterThan(100);
  expect(all.filter(([, description]) => !description).map(([path]) => path)).toEqual([]);
});

/** How a description begins that leaves its subject to the reader: nothing is told by its first word without the name beside it. */
const WITHOUT_SUBJECT =
  /^(it|its|they|their|those|such|so|why|when|where it|who|how far|how many|which|whatever|for people)\b/i;

test('every description names its thing, in whole sentences', () => {
  const broken = everyDescription().filter(
    ([path, text]) => path !== 'JSONObject' && (!/^[A-Z].*[^.]\.$/s.test(text!) || WITHOUT_SUBJECT.test(text!)),
  );
  expect(broken).toEqual([]);
});
