#!/usr/bin/env node
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  buildSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import { format, resolveConfig } from 'prettier';

/** Writes docs/schema.md from schema/schema.graphql; `--check` fails instead when it differs. */
const file = fileURLToPath(new URL('../docs/schema.md', import.meta.url));
const schema = buildSchema(readFileSync(new URL('../schema/schema.graphql', import.meta.url), 'utf8'));

/** @typedef {{ name: string, description?: string | null | undefined }} Named */
/** @typedef {Named & { type: import('graphql').GraphQLType, defaultValue?: unknown }} Member */

/** @param {Named} named */
const says = ({ description }) => (description ?? '').replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').trim();

/** @param {Member} member */
function typeOf({ type, defaultValue }) {
  const named = getNamedType(type);
  const text = isSpecifiedScalarType(named) ? `\`${type}\`` : `[\`${type}\`](#${named.name.toLowerCase()})`;
  return defaultValue === undefined
    ? text
    : `${text} = \`${isEnumType(named) ? String(defaultValue) : JSON.stringify(defaultValue)}\``;
}

/** @param {string} heading @param {readonly Member[]} members */
function memberTable(heading, members) {
  const rows = members.map((member) => `| \`${member.name}\` | ${typeOf(member)} | ${says(member)} |`);
  return rows.length === 0 ? [] : [`| ${heading} | type | meaning |\n| --- | --- | --- |\n${rows.join('\n')}`];
}

/** @param {string} title @param {string} word @param {import('graphql').GraphQLObjectType | null | undefined} root */
function operations(title, word, root) {
  if (!root) return [];
  const each = Object.values(root.getFields()).flatMap((field) => [
    `### ${word} ${field.name}`,
    `${says(field)} Answers ${typeOf(field)}.`,
    ...memberTable('argument', field.args),
  ]);
  return [`## ${title}`, says(root), ...each];
}

/** @param {import('graphql').GraphQLNamedType} type */
function reference(type) {
  const head = [`### ${type.name}`, says(type)];
  if (isEnumType(type)) {
    const rows = type.getValues().map((value) => `| \`${value.name}\` | ${says(value)} |`);
    return [...head, `| value | meaning |\n| --- | --- |\n${rows.join('\n')}`];
  }
  if (isInputObjectType(type)) return [...head, ...memberTable('field', Object.values(type.getFields()))];
  if (!isObjectType(type) && !isInterfaceType(type)) return head;
  const interfaces = type.getInterfaces().map((each) => `[\`${each.name}\`](#${each.name.toLowerCase()})`);
  return [
    ...head,
    ...(interfaces.length > 0 ? [`Is a ${interfaces.join(', ')}.`] : []),
    ...memberTable('field', Object.values(type.getFields())),
  ];
}

const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
const types = Object.values(schema.getTypeMap())
  .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type) && !roots.some((root) => root === type))
  .sort((a, b) => (a.name < b.name ? -1 : 1));
const text = [
  '# Schema reference',
  'Generated from [schema.graphql](../schema/schema.graphql); the [guide](graphql.md) shows how it is used.',
  ...operations('Queries', 'query', roots[0]),
  ...operations('Mutations', 'mutation', roots[1]),
  ...operations('Subscriptions', 'subscription', roots[2]),
  '## Types',
  ...types.flatMap(reference),
].join('\n\n');
const wanted = await format(text, { ...(await resolveConfig(file)), filepath: file });
if (!process.argv.includes('--check')) writeFileSync(file, wanted);
else if (readFileSync(file, 'utf8') !== wanted) {
  process.stderr.write('docs/schema.md differs from schema/schema.graphql: node dev/schema-reference.mjs\n');
  process.exitCode = 1;
}
