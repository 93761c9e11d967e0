import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import {
  type GraphQLObjectType,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInputObjectType,
  isListType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
} from 'graphql';
import { makeSchema } from './schema.js';

const schema = makeSchema();
const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
const objects = types.filter(isObjectType);
const fieldsOf = (type: GraphQLObjectType) => Object.values(type.getFields());

/** What keeps a list short that is no page. */
const BOUNDED: Readonly<Record<string, string>> = {
  'Query.environments': 'there are at most 1,000',
  'Me.grants': 'one for each permission',
  'Agent.jvms': 'a status lists at most 1,000',
  'DeploymentTarget.jvms': 'a status lists at most 1,000',
  'AdvanceEpochPlan.steps': 'two sets of at most 20,000 entries',
  'Agent.refused': 'a status counts at most 64 reasons',
  'LeftOut.jvms': 'one for each state',
  'Quarantine.certificates': 'a status lists at most 50',
  'Jvm.otherTrust': 'a status lists at most 32',
  'DeploymentJvm.otherTrust': 'a status lists at most 32',
  'AuditRecord.revisions': 'one for each environment',
  'Certificate.definitions': 'an environment appears in one of them at most',
  'Certificate.deployments': 'one for each environment',
  'Certificate.impact': 'one for each environment',
  'CertificateDefinition.environments': 'environments',
  'Deployment.environments': 'environments',
  'ImportedDefinition.environments': 'environments',
  'CertificateContent.jwkAlgorithms': 'one for each purpose',
  'CertificateContent.subjectAlternativeNames': 'the first 1,000',
  'Jwk.retiring': 'the keys of its last changes, each for 8,760 hours at most',
};
/** What was sent, or is asked about it, is as long as the request that sent it may be. */
const OF_A_REQUEST =
  /^(\w+Payload|Import\w+|JwkDecisionRequired|JwkIncompatible|JwksChanged|JwkChoice|RollbackPlan|CertificateImpact|FoundCertificate)\./;

test('every list of objects is a page, or has a bound that is known', () => {
  const lists = objects
    .filter(({ name }) => !name.endsWith('Connection'))
    .flatMap((type) =>
      fieldsOf(type)
        .filter(({ type: of }) => isListType(getNullableType(of)) && isCompositeType(getNamedType(of)))
        .map(({ name }) => `${type.name}.${name}`),
    );
  expect(lists.filter((list) => !(list in BOUNDED) && !OF_A_REQUEST.test(list))).toEqual([]);
  expect(Object.keys(BOUNDED).filter((list) => !lists.includes(list))).toEqual([]);
});

test('every page has edges with cursors, and goes forth and back', () => {
  const pages = objects.filter(({ name }) => name.endsWith('Connection'));
  for (const page of pages) {
    expect(fieldsOf(page).map(({ name }) => name)).toEqual(expect.arrayContaining(['edges', 'nodes', 'pageInfo']));
    expect(String(page.getFields().pageInfo?.type)).toBe('PageInfo!');
  }
  expect(fieldsOf(schema.getType('PageInfo') as GraphQLObjectType)).toHaveLength(4);
  const asked = objects.flatMap((type) =>
    fieldsOf(type).filter(({ type: of }) => pages.includes(getNamedType(of) as never)),
  );
  expect(asked.length).toBeGreaterThanOrEqual(pages.length);
  for (const { args } of asked)
    expect(args.map(({ name }) => name)).toEqual(expect.arrayContaining(['first', 'after', 'last', 'before']));
});

test('every mutation that creates or imports takes an idempotency key', () => {
  const made = fieldsOf(schema.getMutationType()!).filter(({ name }) => /^(create|import|change)/.test(name));
  expect(made.length).toBeGreaterThan(5);
  for (const { args } of made) {
    const input = getNamedType(args[0]!.type);
    expect(isInputObjectType(input) && 'idempotencyKey' in input.getFields()).toBe(true);
  }
});

test('every scalar of the schema’s own names what specifies it', () => {
  const own = types.filter((type) => isScalarType(type) && !isSpecifiedScalarType(type));
  expect(own.length).toBeGreaterThan(0);
  for (const scalar of own) expect((scalar as { specifiedByURL?: string }).specifiedByURL).toMatch(/^https?:/);
});
