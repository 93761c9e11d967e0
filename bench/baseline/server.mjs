#!/usr/bin/env node
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import DataLoader from 'dataloader';
import { DataSource, EntitySchema, In } from 'typeorm';

/** The list of certificates as one writes it first: Apollo's defaults, TypeORM's repositories, a DataLoader per relation. */
const typeDefs = `
  type Environment { id: ID! name: String! title: String! }
  type CertificateDefinition { id: ID! alias: String! source: String! fingerprint: String! environments: [Environment!]! }
  type Certificate {
    id: ID! name: String! description: String! version: Int! createdAt: String! updatedAt: String!
    definitions: [CertificateDefinition!]!
  }
  type CertificateConnection { nodes: [Certificate!]! }
  type Query { certificates(first: Int!): CertificateConnection! }
`;

const text = /** @type {const} */ ({ type: 'text' });
const id = /** @type {const} */ ({ type: 'uuid', primary: true });
const Certificate = new EntitySchema({
  name: 'certificates',
  columns: {
    id,
    name: text,
    description: text,
    version: { type: 'int' },
    createdAt: { type: 'timestamptz', name: 'created_at' },
    updatedAt: { type: 'timestamptz', name: 'updated_at' },
  },
});
const Definition = new EntitySchema({
  name: 'definitions',
  columns: {
    id,
    certificateId: { type: 'uuid', name: 'certificate_id' },
    ordinal: { type: 'int' },
    alias: text,
    source: text,
    fingerprint: text,
  },
});
const Placement = new EntitySchema({
  name: 'definition_environments',
  columns: {
    definitionId: { type: 'uuid', primary: true, name: 'definition_id' },
    environmentId: { type: 'uuid', primary: true, name: 'environment_id' },
  },
});
const Environment = new EntitySchema({ name: 'environments', columns: { id, name: text, title: text } });

const source = await new DataSource({
  type: 'postgres',
  url: process.argv[2] ?? '',
  entities: [Certificate, Definition, Placement, Environment],
  poolSize: 16,
}).initialize();

/** @template T @param {readonly string[]} keys @param {T[]} rows @param {(row: T) => string} keyOf */
const groups = (keys, rows, keyOf) => keys.map((key) => rows.filter((row) => keyOf(row) === key));

const makeContext = async () => ({
  definitions: new DataLoader(async (/** @type {readonly string[]} */ ids) =>
    groups(
      ids,
      await source
        .getRepository(Definition)
        .find({ where: { certificateId: In([...ids]) }, order: { ordinal: 'ASC' } }),
      (row) => String(row.certificateId),
    ),
  ),
  environments: new DataLoader(async (/** @type {readonly string[]} */ ids) => {
    const placements = await source.getRepository(Placement).find({ where: { definitionId: In([...ids]) } });
    const environments = await source
      .getRepository(Environment)
      .find({ where: { id: In([...new Set(placements.map(({ environmentId }) => environmentId))]) } });
    return groups(ids, placements, (row) => String(row.definitionId)).map((rows) =>
      rows.map(({ environmentId }) => environments.find((row) => row.id === environmentId)),
    );
  }),
});

/** @typedef {Awaited<ReturnType<typeof makeContext>>} Context */
const server = new ApolloServer({
  typeDefs,
  resolvers: {
    Query: {
      certificates: async (/** @type {unknown} */ _root, /** @type {{ first: number }} */ { first }) => ({
        nodes: await source.getRepository(Certificate).find({ order: { name: 'ASC', id: 'ASC' }, take: first }),
      }),
    },
    Certificate: {
      definitions: (
        /** @type {{ id: string }} */ row,
        /** @type {unknown} */ _,
        /** @type {Context} */ { definitions },
      ) => definitions.load(row.id),
      createdAt: (/** @type {{ createdAt: Date }} */ row) => row.createdAt.toISOString(),
      updatedAt: (/** @type {{ updatedAt: Date }} */ row) => row.updatedAt.toISOString(),
    },
    CertificateDefinition: {
      environments: (
        /** @type {{ id: string }} */ row,
        /** @type {unknown} */ _,
        /** @type {Context} */ { environments },
      ) => environments.load(row.id),
    },
  },
});
const { url } = await startStandaloneServer(server, {
  listen: { port: 0, host: '127.0.0.1' },
  context: makeContext,
});
process.stdout.write(`${JSON.stringify({ msg: 'ready', url: url.replace(/\/$/, '') })}\n`);
