import { Arg, Ctx, Field, InputType, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import { ID } from '../id.js';
import { createAgent } from '../../postgres/create-agent.js';
import { deleteAgent } from '../../postgres/delete-agent.js';
import { agentsOfEnvironment } from '../../postgres/read-agents.js';
import { checkName } from '../../domain/certificate-input.js';
import { isUuid } from '../../domain/is-uuid.js';
import type { Context } from '../context.js';
import { instance } from '../instance.js';
import { UserError } from '../user-errors/user-error.js';
import { userErrorsOf } from '../user-errors/user-errors.js';
import { Agent, agentOf } from './agent.js';

@InputType({ description: 'A new agent.' })
export class CreateAgentInput {
  @Field(() => String, { description: 'Name of the environment that it serves.' })
  environment!: string;
  @Field(() => String, { description: '1 to 128 characters; unique in its environment.' })
  name!: string;
}

@InputType({ description: 'A deletion of an agent.' })
export class DeleteAgentInput {
  @Field(() => ID, { description: 'The agent.' })
  id!: string;
}

@ObjectType({ description: 'The outcome of a creation.' })
export class CreateAgentPayload {
  @Field(() => Agent, { nullable: true, description: 'The agent; null when it was not created.' })
  agent!: Agent | null;
  @Field(() => String, { nullable: true, description: 'What the agent authenticates with: shown this once.' })
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
  @Field(() => ID, { nullable: true, description: 'The agent that was deleted; null when it was not.' })
  id!: string | null;
  @Field(() => [UserError], { description: 'Why it was not deleted; empty when it was.' })
  userErrors!: readonly UserError[];
}

@Resolver(() => Agent)
export class AgentResolver {
  @Query(() => [Agent], { description: 'The agents of an environment, by name.' })
  async agents(
    @Arg('environment', () => String, { description: 'Name of the environment.' }) environment: string,
    @Ctx() { database }: Context,
  ): Promise<Agent[]> {
    if (environment.includes('\0')) return [];
    return (await agentsOfEnvironment(database, environment)).map(agentOf);
  }

  @Mutation(() => CreateAgentPayload, { description: 'Makes an agent and its token.' })
  async createAgent(
    @Arg('input', () => CreateAgentInput, { description: 'The agent.' }) input: CreateAgentInput,
    @Ctx() context: Context,
  ): Promise<CreateAgentPayload> {
    const signingKeyIds = context.signingKeys.map(({ kid }) => kid);
    const name = checkName(input.name);
    const outcome =
      typeof name === 'string'
        ? await createAgent(context.database, context, { environment: input.environment, name })
        : { refusals: [name] };
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

  @Mutation(() => DeleteAgentPayload, {
    description: 'Deletes an agent: its token and its key are no longer believed.',
  })
  async deleteAgent(
    @Arg('input', () => DeleteAgentInput, { description: 'What to delete.' }) { id }: DeleteAgentInput,
    @Ctx() context: Context,
  ): Promise<DeleteAgentPayload> {
    if (isUuid(id) && (await deleteAgent(context.database, context, id)))
      return instance(DeleteAgentPayload, { id, userErrors: [] });
    const refusal = { code: 'AGENT_NOT_FOUND', message: 'there is no such agent', field: ['id'] } as const;
    return instance(DeleteAgentPayload, { id: null, userErrors: userErrorsOf([refusal]) });
  }
}
