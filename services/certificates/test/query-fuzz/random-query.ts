import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { Random } from './random.js';
import { literalOf, randomValue } from './random-value.js';

export interface RandomQuery {
  readonly query: string;
  readonly variables: Record<string, unknown>;
  readonly operationName?: string;
}

const ALIASES = ['a', 'b', '__proto__', 'constructor', 'then', 'toString'];

/**
 * A query that is mostly valid: variables with and without defaults, given, left out, null and wrong; fragments, overlapping
 * ones too; directives; aliases; the same field again.
 */
export function randomQuery(schema: GraphQLSchema, seed: string): RandomQuery {
  const random = new Random(seed);
  /** How often anything is wrong, in this query. */
  const wrong = random.chance(0.7) ? 0 : 0.05;
  const definitions = new Map<string, string>();
  const variables: Record<string, unknown> = {};
  const fragments = new Map<string, { readonly type: string; readonly text: string }>();
  let fieldsLeft = 30;

  const declare = (type: GraphQLArgument['type'], hasDefault: boolean): string => {
    const name = `v${definitions.size}`;
    let declared = String(type);
    if (isNonNullType(type) && random.chance(0.3) && (hasDefault || random.chance(0.5)))
      declared = declared.slice(0, -1);
    else if (!isNonNullType(type) && random.chance(0.3)) declared += '!';
    const withDefault = random.chance(0.4);
    const initial = withDefault
      ? ` = ${literalOf(randomValue(type, random, wrong / 2) ?? randomValue(type, random, 0), type)}`
      : '';
    definitions.set(name, `$${name}: ${declared}${initial.endsWith(' = null') ? '' : initial}`);
    if (!random.chance(withDefault ? 0.5 : declared.endsWith('!') ? wrong : 0.3)) {
      const value = randomValue(type, random, wrong);
      variables[name] =
        value === null && declared.endsWith('!') && !random.chance(wrong) ? randomValue(type, random, 0) : value;
    }
    return `$${name}`;
  };
  const argument = ({ name, type, defaultValue }: GraphQLArgument): string[] => {
    const optional = !isNonNullType(type) || defaultValue !== undefined;
    if (optional ? random.chance(0.5) : random.chance(wrong)) return [];
    if (random.chance(0.6)) return [`${name}: ${declare(type, defaultValue !== undefined)}`];
    let value = randomValue(type, random, wrong);
    if (value === null && isNonNullType(type) && !random.chance(wrong))
      value = randomValue(type.ofType, random, 0) ?? 1;
    return [`${name}: ${literalOf(value, type)}`];
  };
  const directives = (): string => {
    let text = '';
    for (const name of ['include', 'skip'])
      if (random.chance(0.05)) {
        const given = random.chance(0.5) ? declareFlag() : String(random.chance(0.7) === (name === 'include'));
        text += ` @${name}(if: ${given})`;
      }
    return text;
  };
  const declareFlag = (): string => {
    const name = `v${definitions.size}`;
    definitions.set(name, `$${name}: Boolean${random.chance(0.5) ? '!' : ' = true'}`);
    if (definitions.get(name)?.endsWith('!') || random.chance(0.6)) variables[name] = random.chance(0.6);
    return `$${name}`;
  };
  const field = (definition: GraphQLField<unknown, unknown>, depth: number): string => {
    fieldsLeft--;
    const given = definition.args.flatMap(argument);
    const alias = random.chance(given.length > 0 ? 0.9 : 0.1)
      ? `${random.chance(0.1) ? random.one(ALIASES) : `f${random.below(999)}`}: `
      : '';
    const type = getNamedType(definition.type);
    const name = random.chance(wrong / 4) ? 'wrong' : definition.name;
    return `${alias}${name}${given.length > 0 ? `(${given.join(' ')})` : ''}${directives()}${isCompositeType(type) ? selection(type, depth + 1) : ''}`;
  };
  const possible = (type: GraphQLNamedType): string => {
    if (isAbstractType(type) && random.chance(0.7)) return random.one(schema.getPossibleTypes(type)).name;
    return isObjectType(type) && type.getInterfaces().length > 0 && random.chance(0.3)
      ? random.one(type.getInterfaces()).name
      : type.name;
  };
  const selection = (type: GraphQLNamedType, depth: number): string => {
    const fields = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
    const leaves = fields.filter(({ type: of }) => !isCompositeType(getNamedType(of)));
    const wide = depth < 7 && fieldsLeft > 0 ? fields : leaves;
    const parts: string[] = [];
    for (let left = 1 + random.below(depth === 0 ? 3 : 5); left > 0; left--) {
      const kind = random.next();
      const on = possible(type);
      if (kind < 0.08) parts.push(`__typename${directives()}`);
      else if (kind < 0.16 && depth < 6) {
        const condition = random.chance(0.8) ? ` on ${on}` : '';
        parts.push(
          `...${condition}${directives()}${selection(condition ? (schema.getType(on) ?? type) : type, depth + 1)}`,
        );
      } else if (kind < 0.28 && depth < 6) {
        const known = [...fragments].filter(([, { type: of }]) => of === on);
        let name = known.length > 0 && random.chance(0.6) ? random.one(known)[0] : undefined;
        if (name === undefined) {
          const text = selection(schema.getType(on) ?? type, depth + 1);
          name = `F${fragments.size}`;
          fragments.set(name, { type: on, text });
        }
        parts.push(`...${name}${directives()}`);
      } else if (kind < 0.34 && parts.length > 0) parts.push(random.one(parts));
      else if (wide.length > 0) parts.push(field(random.one(wide), depth));
      else parts.push('__typename');
    }
    if (depth === 0 && random.chance(0.02)) parts.push('__schema { queryType { name } }');
    return ` { ${parts.join(' ')} }`;
  };

  const body = selection(schema.getQueryType()!, 0);
  const name = random.chance(0.5) ? 'Q' : '';
  const declared = definitions.size > 0 ? `(${[...definitions.values()].join(', ')})` : '';
  const text = [`query ${name}${declared}${body}`];
  for (const [fragment, { type, text: selected }] of fragments) text.push(`fragment ${fragment} on ${type}${selected}`);
  const second = name !== '' && random.chance(0.1);
  if (second) text.push('query Second { __typename }');
  return {
    query: text.join('\n'),
    variables,
    ...((second || (name !== '' && random.chance(0.3))) && { operationName: random.chance(0.95) ? name : 'Unknown' }),
  };
}
