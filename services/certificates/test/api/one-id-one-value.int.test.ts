import { expect, test } from '@jest/globals';
import { type GraphQLNamedType, getNamedType, isCompositeType, isNonNullType, isObjectType } from 'graphql';
import { makeSchema } from '../../src/api/graphql/schema.js';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted } from '../support/mutations.js';
import { TestAgent, jvm } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const schema = makeSchema();

/** Everything that can be asked of a type without arguments, and pages of two, which cost no depth. */
function everything(type: GraphQLNamedType, depth: number): string {
  if (!isObjectType(type)) return '{ __typename }';
  const { nodes, pageInfo } = type.getFields();
  if (nodes && pageInfo) return `{ __typename nodes ${everything(getNamedType(nodes.type), depth)} }`;
  const fields = Object.values(type.getFields()).flatMap((field) => {
    const named = getNamedType(field.type);
    if (field.args.some(({ type: of, defaultValue }) => isNonNullType(of) && defaultValue === undefined)) return [];
    if (isCompositeType(named) && depth === 0) return [];
    const page = field.args.some(({ name }) => name === 'first') ? '(first: 2)' : '';
    return [`${field.name}${page}${isCompositeType(named) ? ` ${everything(named, depth - 1)}` : ''}`];
  });
  return `{ ${['__typename', ...fields].join(' ')} }`;
}

function ask(root: string, argument: string, depth: number): string {
  const type = getNamedType(schema.getQueryType()!.getFields()[root]!.type);
  return `${root}${argument} ${everything(type, depth)}`;
}

/** Notes what is under each id, as a normalising cache would; what has none is under the next id above it. */
function note(value: unknown, place: string, cache: Map<string, unknown>, conflicts: Set<string>): void {
  let known = value;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) note(item, `${place}[${index}]`, cache, conflicts);
    known = value.length;
  } else if (typeof value === 'object' && value !== null) {
    const { __typename, id } = value as { __typename?: string; id?: string };
    const own = id === undefined ? place : `${__typename}:${id}`;
    for (const [name, member] of Object.entries(value)) note(member, `${own}.${name}`, cache, conflicts);
    known = id === undefined ? 'an object' : own;
  }
  if ((cache.get(place) ?? known) !== known) conflicts.add(`${place}: ${String(cache.get(place))}, ${String(known)}`);
  cache.set(place, known);
}

test('one id has one value of each field, wherever it is asked for', async () => {
  const nats = await harness.connectNats();
  await createEnvironment(service, 'one');
  await createEnvironment(service, 'two');
  const agents = [await TestAgent.enroll(service, 'one', 'host'), await TestAgent.enroll(service, 'two', 'host')];
  const start = { epoch: 1, revision: 0 };
  for (const agent of agents) await agent.send(nats, agent.status(start, { jvms: [jvm('a', start)] }));
  const deploy = async (name: string) => {
    const definitions = [pasted(['one'], name, makeCertificate().pem), pasted(['two'], name, makeCertificate().pem)];
    return (await createCertificate(service, { name, definitions })).deployment!.id;
  };
  const [first, second] = [await deploy('first'), await deploy('second')];
  // Both agents are on one host and see the same JVM: it has the first deployment of one environment, and nothing of the other.
  const at = { epoch: 1, revision: 1 };
  await agents[0]!.send(nats, agents[0]!.status(at, { jvms: [jvm('a', at)] }));
  await agents[1]!.send(nats, agents[1]!.status(start, { jvms: [jvm('a', start, { state: 'UNMANAGED' })] }));
  await until(
    () =>
      service.query<{ agents: { nodes: { jvms: { state: string }[] }[] } }>(
        '{ agents(environment: "two") { nodes { jvms { state } } } }',
      ),
    ({ agents: { nodes } }) => nodes[0]?.jvms[0]?.state === 'UNMANAGED',
  );

  const cache = new Map<string, unknown>();
  const conflicts = new Set<string>();
  const questions = [
    ask('deployment', `(id: "${first}")`, 3),
    ask('deployment', `(id: "${second}")`, 3),
    ask('agents', '(environment: "one", first: 2)', 3),
    ask('agents', '(environment: "two", first: 2)', 3),
    ask('certificates', '(first: 2)', 4),
    ask('certificate', '(by: { name: "first" })', 4),
    ask('environments', '', 3),
    ask('audit', '(first: 50)', 3),
    ask('truststore', '(environment: "one", first: 2)', 3),
  ];
  for (const [index, question] of questions.entries())
    note(await service.query<object>(`{ ${question} }`), `answer ${index}`, cache, conflicts);
  expect([...conflicts]).toEqual([]);
  const types = new Set([...cache.keys()].map((key) => key.split(':', 1)[0]));
  expect([...types].sort()).toEqual(
    expect.arrayContaining([
      'Agent',
      'Certificate',
      'CertificateDefinition',
      'Deployment',
      'DeploymentJvm',
      'Environment',
      'Jvm',
    ]),
  );
});
