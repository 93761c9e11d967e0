#!/usr/bin/env node
import 'reflect-metadata';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import DataLoader from 'dataloader';
import {
  Arg,
  Ctx,
  Field,
  FieldResolver,
  GraphQLISODateTime,
  ID,
  Int,
  ObjectType,
  Query,
  Resolver,
  Root,
  buildSchema,
} from 'type-graphql';
import { Column, DataSource, Entity, In, PrimaryColumn } from 'typeorm';

/** The list of certificates as one writes it first: Apollo's and type-graphql's defaults, repositories, a DataLoader per relation. */

@ObjectType()
@Entity('environments')
class Environment {
  @Field(() => ID)
  @PrimaryColumn('uuid')
  id!: string;

  @Field()
  @Column('text')
  name!: string;

  @Field()
  @Column('text')
  title!: string;
}

@Entity('definition_environments')
class Placement {
  @PrimaryColumn('uuid', { name: 'definition_id' })
  definitionId!: string;

  @PrimaryColumn('uuid', { name: 'environment_id' })
  environmentId!: string;
}

@ObjectType()
@Entity('definitions')
class CertificateDefinition {
  @Field(() => ID)
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'certificate_id' })
  certificateId!: string;

  @Column('int')
  ordinal!: number;

  @Field()
  @Column('text')
  alias!: string;

  @Field()
  @Column('text')
  source!: string;

  @Field()
  @Column('text')
  fingerprint!: string;
}

@ObjectType()
@Entity('certificates')
class Certificate {
  @Field(() => ID)
  @PrimaryColumn('uuid')
  id!: string;

  @Field()
  @Column('text')
  name!: string;

  @Field()
  @Column('text')
  description!: string;

  @Field(() => Int)
  @Column('int')
  version!: number;

  @Field(() => GraphQLISODateTime)
  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Field(() => GraphQLISODateTime)
  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}

@ObjectType()
class CertificateConnection {
  @Field(() => [Certificate])
  nodes!: Certificate[];
}

interface Context {
  readonly definitions: DataLoader<string, CertificateDefinition[]>;
  readonly environments: DataLoader<string, Environment[]>;
}

const source = await new DataSource({
  type: 'postgres',
  url: process.argv[2] ?? '',
  entities: [Certificate, CertificateDefinition, Placement, Environment],
  poolSize: 16,
}).initialize();

async function definitionsOf(ids: readonly string[]): Promise<CertificateDefinition[][]> {
  const rows = await source
    .getRepository(CertificateDefinition)
    .find({ where: { certificateId: In([...ids]) }, order: { ordinal: 'ASC' } });
  return ids.map((id) => rows.filter(({ certificateId }) => certificateId === id));
}

async function environmentsOf(ids: readonly string[]): Promise<Environment[][]> {
  const placements = await source.getRepository(Placement).findBy({ definitionId: In([...ids]) });
  const wanted = [...new Set(placements.map(({ environmentId }) => environmentId))];
  const rows = await source.getRepository(Environment).findBy({ id: In(wanted) });
  return ids.map((id) => {
    const here = placements.filter(({ definitionId }) => definitionId === id);
    return rows.filter((row) => here.some(({ environmentId }) => environmentId === row.id));
  });
}

@Resolver(() => Certificate)
class CertificateResolver {
  @Query(() => CertificateConnection)
  async certificates(@Arg('first', () => Int) first: number): Promise<CertificateConnection> {
    const nodes = await source.getRepository(Certificate).find({ order: { name: 'ASC', id: 'ASC' }, take: first });
    return Object.assign(new CertificateConnection(), { nodes });
  }

  @FieldResolver(() => [CertificateDefinition])
  definitions(@Root() { id }: Certificate, @Ctx() { definitions }: Context): Promise<CertificateDefinition[]> {
    return definitions.load(id);
  }
}

@Resolver(() => CertificateDefinition)
class CertificateDefinitionResolver {
  @FieldResolver(() => [Environment])
  environments(@Root() { id }: CertificateDefinition, @Ctx() { environments }: Context): Promise<Environment[]> {
    return environments.load(id);
  }
}

const schema = await buildSchema({ resolvers: [CertificateResolver, CertificateDefinitionResolver] });
const { url } = await startStandaloneServer(new ApolloServer<Context>({ schema }), {
  listen: { port: 0, host: '127.0.0.1' },
  context: () =>
    Promise.resolve({ definitions: new DataLoader(definitionsOf), environments: new DataLoader(environmentsOf) }),
});
process.stdout.write(`${JSON.stringify({ msg: 'ready', url: url.replace(/\/$/, '') })}\n`);
