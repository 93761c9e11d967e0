import {
  Arg,
  Args,
  Ctx,
  Field,
  FieldResolver,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { ID } from '../id.js';
import { createAgent } from '../../postgres/create-agent.js';
import { deleteAgent } from '../../postgres/delete-agent.js';
import { decodeTextCursor, encodeTextCursor } from '../../domain/text-cursor.js';
import { agentsOfEnvironment, countAgents } from '../../postgres/read-agents.js';
import { environmentsByName } from '../../postgres/read-environments.js';
import { PageArguments, connectionOf, connectionType, edgeType, readPage } from '../connection.js';
import type { AgentRecord } from '../../domain/agent-record.js';
import { returnAgent, setAgentAside } from '../../postgres/set-agent-aside.js';
import { reenrolAgent } from '../../postgres/reenrol-agent.js';
import { checkIdempotencyKey, checkName } from '../../domain/certificate-input.js';
import { isUuid } from '../../domain/is-uuid.js';
import type { Refusal } from '../../domain/refusal.js';
import { type Context, requestOf } from '../context.js';
import { instance } from '../instance.js';
import { UserError } from '../user-errors/user-error.js';
import { userErrorsOf } from '../user-errors/user-errors.js';
import { Agent, agentOf } from './agent.js';
import { KEY_DESCRIPTION } from '../certificates/certificate-inputs.js';

@InputType({ description: 'A new agent.' })
export class CreateAgentInput {
  @Field(() => String, { description: 'Name of the environment that it serves.' })
  environment!: string;
  @Field(() => String, { description: '1 to 128 characters; unique in its environment.' })
  name!: string;

  @Field(() => String, { nullable: true, description: KEY_DESCRIPTION })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A deletion of an agent.' })
export class DeleteAgentInput {
  @Field(() => ID, { description: 'The agent.' })
  id!: string;
}

@InputType({ description: 'The re-enrolment of a host.' })
export class ReenrolAgentInput {
  @Field(() => ID, { description: 'The agent.' })
  id!: string;
}

@InputType({ description: 'A host that deployments shall not count.' })
export class SetAgentAsideInput {
  @Field(() => ID, { description: 'The agent.' })
  id!: string;
  @Field(() => String, { description: 'Why: 1 to 128 characters, kept in the audit.' })
  reason!: string;
}

@InputType({ description: 'A host that deployments shall count again.' })
export class ReturnAgentInput {
  @Field(() => ID, { description: 'The agent.' })
  id!: string;
}

@ObjectType({ description: 'The outcome of setting a host aside, or of returning it.' })
export class AgentPayload {
  @Field(() => Agent, { nullable: true, description: 'The agent as it is now; null when nothing was done.' })
  agent!: Agent | null;
  @Field(() => [UserError], { description: 'Why nothing was done; empty when it was.' })
  userErrors!: readonly UserError[];
}

@ObjectType({ description: 'The outcome of a creation.' })
export class CreateAgentPayload {
  @Field(() => Agent, { nullable: true, description: 'The agent; null when it was not created.' })
  agent!: Agent | null;
  @Field(() => String, {
    nullable: true,
    description: 'What the agent authenticates with: shown this once, and to a retry with its idempotency key.',
  })
  token!: string | null;
  @Field(() => [String], {
    description: 'Thumbprints (RFC 7638) of the keys that sign statements: what the agent pins.',
  })
  signingKeyIds!: readonly string[];
  @Field(() => [UserError], { description: 'Why it was not created; empty when it was.' })
  userErrors!: readonly UserError[];
}

@ObjectType({ description: 'The outcome of a deletion.' })
export class DeleteAgentPayload {
  @Field(() => Agent, { nullable: true, description: 'The agent as it was; null when it was not deleted.' })
  agent!: Agent | null;
  @Field(() => [UserError], { description: 'Why it was not deleted; empty when it was.' })
  userErrors!: readonly UserError[];
}

@ObjectType({ description: 'An agent in a list.' })
export class AgentEdge extends edgeType(() => Agent) {}

@ObjectType({ description: 'A page of the agents of an environment.' })
export class AgentConnection extends connectionType(
  () => Agent,
  () => AgentEdge,
  'by name',
) {
  environmentId!: string;
}

@ObjectType({ description: 'The outcome of a re-enrolment.' })
export class ReenrolAgentPayload {
  @Field(() => ID, { nullable: true, description: 'The agent whose key was forgotten; null when it was not.' })
  id!: string | null;
  @Field(() => [UserError], { description: 'Why it was not; empty when it was.' })
  userErrors!: readonly UserError[];
}

@Resolver(() => AgentConnection)
export class AgentResolver {
  @Query(() => AgentConnection, {
    nullable: true,
    description: 'The agents of an environment, page by page; null: there is no such environment.',
  })
  async agents(
    @Arg('environment', () => String, { description: 'Name of the environment.' }) environment: string,
    @Args(() => PageArguments) given: PageArguments,
    @Ctx() { reads }: Context,
  ): Promise<AgentConnection | null> {
    const page = readPage(given, (text) => decodeTextCursor('agent', 1, text)?.[0]);
    const [found] = environment.includes('\0') ? [] : await environmentsByName(reads, [environment]);
    if (!found) return null;
    const rows = await agentsOfEnvironment(reads, found.id, page);
    const cursorOf = ({ name }: AgentRecord) => encodeTextCursor('agent', name);
    const fields = connectionOf(AgentEdge, rows, page, { nodeOf: agentOf, cursorOf });
    return instance(AgentConnection, { ...fields, environmentId: found.id });
  }

  @FieldResolver(() => Int, { description: 'How many there are on all pages.' })
  totalCount(@Root() { environmentId }: AgentConnection, @Ctx() { reads }: Context): Promise<number> {
    return countAgents(reads, environmentId);
  }

  @Mutation(() => CreateAgentPayload, { description: 'Makes an agent and its token.' })
  async createAgent(
    @Arg('input', () => CreateAgentInput, { description: 'The agent.' }) input: CreateAgentInput,
    @Ctx() context: Context,
  ): Promise<CreateAgentPayload> {
    const signingKeyIds = (await context.signingKeys()).map(({ kid }) => kid);
    const name = checkName(input.name);
    const refusals = [name, checkIdempotencyKey(input.idempotencyKey)].filter((check) => typeof check !== 'string');
    const { database, tokenSecret } = context;
    const outcome =
      refusals.length > 0 || typeof name !== 'string'
        ? { refusals }
        : await createAgent(database, requestOf(context, 'createAgent', input), {
            environment: input.environment,
            name,
            tokenSecret,
          });
    return 'refusals' in outcome
      ? instance(CreateAgentPayload, {
          agent: null,
          token: null,
          signingKeyIds,
          userErrors: userErrorsOf(outcome.refusals),
        })
      : instance(CreateAgentPayload, {
          agent: agentOf(outcome.answer.agent),
          token: outcome.answer.token,
          signingKeyIds,
          userErrors: [],
        });
  }

  @Mutation(() => ReenrolAgentPayload, {
    description:
      'Forgets the key of an agent whose host was reinstalled: the next agent that registers with the token is believed. ' +
      'The token and the name stay as they are.',
  })
  async reenrolAgent(
    @Arg('input', () => ReenrolAgentInput, { description: 'Which agent.' }) { id }: ReenrolAgentInput,
    @Ctx() context: Context,
  ): Promise<ReenrolAgentPayload> {
    if (isUuid(id) && (await reenrolAgent(context.database, context, id)))
      return instance(ReenrolAgentPayload, { id, userErrors: [] });
    const refusal = { code: 'AGENT_NOT_FOUND', message: 'there is no such agent', field: ['id'] } as const;
    return instance(ReenrolAgentPayload, { id: null, userErrors: userErrorsOf([refusal]) });
  }

  @Mutation(() => AgentPayload, {
    description: 'Takes a host out of what deployments count, such as one that is being rebuilt. It is in the audit.',
  })
  async setAgentAside(
    @Arg('input', () => SetAgentAsideInput, { description: 'The host and the reason.' }) input: SetAgentAsideInput,
    @Ctx() context: Context,
  ): Promise<AgentPayload> {
    const reason = checkName(input.reason, 'reason');
    if (typeof reason !== 'string') return agentPayload(null, reason);
    const { id } = input;
    return agentPayload(isUuid(id) ? await setAgentAside(context.database, context, { id, reason }) : null);
  }

  @Mutation(() => AgentPayload, { description: 'Lets a host that was set aside count again, in every deployment.' })
  async returnAgent(
    @Arg('input', () => ReturnAgentInput, { description: 'The host.' }) { id }: ReturnAgentInput,
    @Ctx() context: Context,
  ): Promise<AgentPayload> {
    return agentPayload(isUuid(id) ? await returnAgent(context.database, context, id) : null);
  }

  @Mutation(() => DeleteAgentPayload, {
    description: 'Deletes an agent: its token and its key are no longer believed.',
  })
  async deleteAgent(
    @Arg('input', () => DeleteAgentInput, { description: 'What to delete.' }) { id }: DeleteAgentInput,
    @Ctx() context: Context,
  ): Promise<DeleteAgentPayload> {
    const deleted = isUuid(id) ? await deleteAgent(context.database, context, id) : null;
    if (deleted) return instance(DeleteAgentPayload, { agent: agentOf(deleted), userErrors: [] });
    const refusal = { code: 'AGENT_NOT_FOUND', message: 'there is no such agent', field: ['id'] } as const;
    return instance(DeleteAgentPayload, { agent: null, userErrors: userErrorsOf([refusal]) });
  }
}

function agentPayload(record: AgentRecord | null, refusal?: Refusal): AgentPayload {
  const missing = { code: 'AGENT_NOT_FOUND', message: 'there is no such agent', field: ['id'] } as const;
  const refusals = record ? [] : [refusal ?? missing];
  return instance(AgentPayload, { agent: record && agentOf(record), userErrors: userErrorsOf(refusals) });
}
