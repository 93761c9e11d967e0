#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kind, NoUnusedFragmentsRule, buildSchema, isObjectType, parse, specifiedRules, validate } from 'graphql';
import { StaticStrings } from './static-strings.mjs';
import { report, root, trackedFiles } from './tracked-files.mjs';

/**
 * Every GraphQL document that stands in the CLI, dev, bench, tests and documents is valid by the SDL. In code these are the
 * strings that begin like an operation and can be computed from constants; in Markdown, blocks of graphql and indented ones.
 */
const schema = buildSchema(readFileSync(join(root, 'schema/schema.graphql'), 'utf8'));

/** Files whose documents are wrong on purpose, or are made at random. */
const WRONG_ON_PURPOSE = [
  'services/certificates/src/api/graphql/',
  'services/certificates/src/api/http/',
  'services/certificates/test/hostile/',
  'services/certificates/test/query-fuzz/',
  'services/certificates/test/api/client-mistakes.int.test.ts',
  'services/certificates/test/api/error-places.int.test.ts',
];
const OPERATION = /^\s*(?:(?:query|mutation|subscription)\b[^{]*\{|\{\s*[a-z]\w*[\s({:])[^]*\}\s*$/;
/** Text into which a test puts a field is no document yet. */
const PLACEHOLDER = /\{ \$ \}/;
const queries = schema.getQueryType()?.getFields() ?? {};
const objects = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type));

/** @type {{ where: string, text: string }[]} */
const documents = [];
const code = trackedFiles(/^(packages|clients|dev|bench|test|services|agents|docs)\/.*\.(ts|mjs)$/);
const strings = new StaticStrings(root);
for (const path of code) {
  if (WRONG_ON_PURPOSE.some((prefix) => path.startsWith(prefix))) continue;
  for (const { line, text } of strings.of(path))
    if (OPERATION.test(text) && !PLACEHOLDER.test(text)) documents.push({ where: `${path}:${line}`, text });
}
for (const path of trackedFiles(/\.md$/)) {
  const text = readFileSync(join(root, path), 'utf8');
  for (const { 0: block, 1: fenced, index } of text.matchAll(/^```graphql\n([^]*?)^```|(?:^ {4}.*\n)+/gm)) {
    const document = (fenced ?? block).trim();
    const where = `${path}:${text.slice(0, index).split('\n').length}`;
    if (fenced !== undefined || OPERATION.test(document)) documents.push({ where, text: document });
  }
}

/** @param {string} text */
function problemsOf(text) {
  try {
    const { definitions } = parse(text, { noLocation: true });
    const [first] = definitions;
    if (!first || first.kind !== Kind.OPERATION_DEFINITION) return [];
    if (/^\s*\{/.test(text) && isSelection(first, text)) return [];
    const anonymous = definitions.every((one) => one.kind === Kind.OPERATION_DEFINITION && !one.name);
    const documents = anonymous ? definitions.map((one) => [one]) : [definitions];
    return documents.flatMap((own) => validate(schema, { kind: Kind.DOCUMENT, definitions: own }));
  } catch (error) {
    return [/** @type {Error} */ (error)];
  }
}

/**
 * Braces alone may be a query, or what a test selects of an object.
 * @param {import('graphql').OperationDefinitionNode} operation @param {string} text
 */
function isSelection(operation, text) {
  const [field] = operation.selectionSet.selections;
  if (field?.kind !== Kind.FIELD || !Object.hasOwn(queries, field.name.value)) return true;
  if (validate(schema, parse(text)).length === 0) return false;
  const rules = specifiedRules.filter((rule) => rule !== NoUnusedFragmentsRule);
  return objects.some(({ name }) => validate(schema, parse(`fragment F on ${name} ${text}`), rules).length === 0);
}

const problems = documents.flatMap(({ where, text }) => problemsOf(text).map(({ message }) => `${where}: ${message}`));
if (documents.length < 100)
  problems.push(`only ${documents.length} documents were found: the search for them is broken`);
report('GraphQL documents', problems);
