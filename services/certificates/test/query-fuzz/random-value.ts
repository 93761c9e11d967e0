import {
  type GraphQLInputType,
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import type { Random } from './random.js';

const WORDS = ['apimanager', 'a', '', 'x"\\\n{', 'é😀', '00000000-0000-4000-8000-000000000000', '7'];
const NUMBERS = [0, 1, 2, 50, 500, -1, 2 ** 31, 1.5];

/** A value of an input type as JSON; now and then null, of another type, or with a field that is not there. */
export function randomValue(type: GraphQLInputType, random: Random, wrong: number): unknown {
  if (random.chance(wrong)) return random.one<unknown>([null, 'wrong', 2 ** 40, 1.5, true, [], {}, { wrong: 1 }]);
  if (!isNonNullType(type)) return random.chance(0.15) ? null : randomGiven(type, random, wrong);
  return randomGiven(type.ofType, random, wrong);
}

function randomGiven(type: GraphQLInputType, random: Random, wrong: number): unknown {
  if (isListType(type)) {
    const item = () => randomValue(type.ofType, random, wrong);
    return random.chance(0.2) ? item() : Array.from({ length: random.below(3) }, item);
  }
  if (isEnumType(type)) return random.one(type.getValues()).name;
  if (isInputObjectType(type) && type.isOneOf && !random.chance(wrong)) {
    const field = random.one(Object.values(type.getFields()));
    return { [field.name]: randomGiven(field.type, random, wrong) };
  }
  if (isInputObjectType(type))
    return Object.fromEntries(
      Object.values(type.getFields()).flatMap((field) => {
        const omitted = isNonNullType(field.type) ? (field.defaultValue === undefined ? wrong : 0.5) : 0.5;
        return random.chance(omitted) ? [] : [[field.name, randomValue(field.type, random, wrong)]];
      }),
    );
  if (type === GraphQLInt) return random.one(NUMBERS.slice(0, random.chance(0.1) ? undefined : 6));
  if (type === GraphQLFloat) return random.one(NUMBERS);
  if (type === GraphQLBoolean) return random.chance(0.5);
  if (type.name === GraphQLID.name) return random.chance(0.3) ? random.below(10) : random.one(WORDS);
  if (type.name.startsWith('DateTime')) return random.one(['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.678+02:00']);
  return type.name.startsWith('JSON') ? { a: [1, null] } : random.one(WORDS);
}

/** The value as a literal; strings that are names of an enum's values become those. */
export function literalOf(value: unknown, type: GraphQLInputType): string {
  if (isNonNullType(type)) return literalOf(value, type.ofType);
  if (Array.isArray(value)) {
    const item = isListType(type) ? type.ofType : type;
    return `[${value.map((one) => literalOf(one, item)).join(' ')}]`;
  }
  if (isListType(type)) return literalOf(value, type.ofType);
  if (typeof value === 'object' && value !== null) {
    const fields = isInputObjectType(type) ? type.getFields() : {};
    return `{${Object.entries(value)
      .map(([name, one]) => `${name}: ${literalOf(one, fields[name]?.type ?? type)}`)
      .join(' ')}}`;
  }
  return isEnumType(type) && typeof value === 'string' ? value || 'null' : JSON.stringify(value);
}
