import { type ExecutionArgs, Kind, getOperationAST, getVariableValues } from 'graphql';
import { collectFields } from 'graphql/execution/collectFields.js';

/** Whether `@skip` and `@include` leave no field of a valid subscription: graphql-js throws, which ends the connection. */
export function selectsNothing({ schema, document, operationName, variableValues }: ExecutionArgs): boolean {
  const operation = getOperationAST(document, operationName);
  const root = operation && schema.getRootType(operation.operation);
  if (!operation || !root) return false;
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variableValues ?? {}, {
    maxErrors: 1,
  });
  if (!coerced) return false;
  const fragments = Object.fromEntries(
    document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  );
  return collectFields(schema, fragments, coerced, root, operation.selectionSet).size === 0;
}
