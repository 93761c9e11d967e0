import {
  type ASTNode,
  GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  Kind,
  type ValueNode,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  print,
  typeFromAST,
} from 'graphql';
import { oneOfMessage, oneOfValueMessage } from './one-of-errors.js';

/**
 * Reports a mistake of the client with names, paths and types, but no value of the request, which may be a private
 * key. Messages of graphql-js repeat values of variables, literals and tokens.
 */
export function messageWithoutValues(schema: GraphQLSchema, message: string, error: unknown): string {
  const nodes = error instanceof GraphQLError ? (error.nodes ?? []) : [];
  const [node] = nodes;
  if (node?.kind === Kind.VARIABLE_DEFINITION && message.includes('got invalid value'))
    return variableMessage(schema, message, error as GraphQLError);
  const oneOf = oneOfMessage(schema, message, error);
  if (oneOf !== undefined) return oneOf;
  if (message.startsWith('Syntax Error: ')) return message.replace(TOKEN, '$1');
  return nodes.filter(isValue).reduce(withoutLiteral, message);
}

/** Matches a value in a message of the lexer, or a name that may be a value without quotes. */
const TOKEN = /\b((?:String|BlockString|Int|Float)|Name(?= "\w{41,}"))(?: "[^]*")(?=\.$)/;

/** A literal or a variable of the operation was refused, which is nothing that a resolver does. */
export function isRefusedInput(error: unknown): boolean {
  if (!(error instanceof GraphQLError)) return false;
  const thrown = error.originalError instanceof GraphQLError && error.path ? error.originalError : error;
  const [node] = thrown.nodes ?? [];
  return node !== undefined && (isValue(node) || node.kind === Kind.VARIABLE_DEFINITION);
}

const VALUES: ReadonlySet<string> = new Set([
  Kind.VARIABLE,
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
  Kind.NULL,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
] satisfies ValueNode['kind'][]);

function isValue(node: ASTNode): node is ValueNode {
  return VALUES.has(node.kind);
}

function withoutLiteral(message: string, node: ValueNode): string {
  if (node.kind === Kind.VARIABLE || node.kind === Kind.NULL || node.kind === Kind.BOOLEAN) return message;
  const printed = message.replaceAll(print(node), '…');
  return 'value' in node && node.value !== '' ? printed.replaceAll(node.value, '…') : printed;
}

/** What `coerceInputValue` says without a value. */
const SAFE = /^(Field "\w+" (of required type "[^"]+" was not provided\.|is not defined by type "\w+"\.))/;

function variableMessage(schema: GraphQLSchema, message: string, error: GraphQLError): string {
  const [definition] = error.nodes ?? [];
  if (definition?.kind !== Kind.VARIABLE_DEFINITION) return 'A variable got an invalid value.';
  const name = definition.variable.name.value;
  const cause = error.originalError?.message ?? '';
  // The message ends in the path and the cause; whatever the value is, a path at its end is not a part of it.
  const head = message.endsWith(`; ${cause}`) ? message.slice(0, -cause.length - 2) : message;
  const path = / at "(\w+(?:\.\w+|\[\d+\])+)"$/.exec(head)?.[1] ?? name;
  const type = typeFromAST(schema, definition.type);
  const typeOf = (at: string) => (isInputType(type) ? typeAt(type, at) : undefined);
  const whereAt = (at: string) => `Variable "$${name}" got invalid value at "${at}"`;
  const oneOf = oneOfValueMessage(cause, path, typeOf);
  if (oneOf) return `${whereAt(oneOf.path)}: ${oneOf.told}`;
  const where = whereAt(path);
  if (SAFE.test(cause)) return `${where}: ${cause}`;
  const expected = typeOf(path);
  return expected ? `${where}: expected type "${String(expected)}".` : `${where}.`;
}

/** The type of what is at the path inside a variable, such as `input.list[0].name`. */
function typeAt(type: GraphQLInputType, path: string): GraphQLInputType | undefined {
  let found: GraphQLInputType | undefined = type;
  for (const [step] of path.matchAll(/\.\w+|\[\d+\]/g)) {
    const open: GraphQLInputType | undefined = isNonNullType(found) ? found.ofType : found;
    if (step.startsWith('[')) found = isListType(open) ? open.ofType : undefined;
    else {
      // A list of one may be written without its brackets.
      let item: unknown = open;
      while (isListType(item) || isNonNullType(item)) item = item.ofType;
      found = isInputObjectType(item) ? item.getFields()[step.slice(1)]?.type : undefined;
    }
    if (!found) return undefined;
  }
  return found;
}
