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
import { ID } from '../shape/id.js';
import { createAgent } from '../../../features/agents/create-agent.js';
import { deleteAgent } from '../../../features/agents/delete-agent.js';
import { decodeTextCursor, encodeTextCursor } from '../../../features/records/paging/text-cursor.js';
import { agentsOfEnvironment, countAgents } from '../../../features/agents/sql/read-agents.js';
import { environmentsByName } from '../../../features/environments/sql/read-environments.js';
import { PageArguments, connectionOf, connectionType, edgeType, readPage } from '../shape/connection.js';
import type { AgentRecord } from '../../../features/records/agent-record.js';
import { returnAgent, setAgentAside } from '../../../features/agents/set-agent-aside.js';
import { revokeAgent } from '../../../features/agents/revoke-agent.js';
import { reenrollAgent } from '../../../features/agents/enrollment/reenroll-agent.js';
import { readIdempotencyKey, readName } from '../../../features/records/certificate-input.js';
import { isUuid } from '../../../features/records/is-uuid.js';
import type { Refusal } from '../../../features/records/refusal.js';
import { all } from '../../../features/records/result.js';
import { type Context, requestOf } from '../context.js';
import { instance } from '../shape/instance.js';
import { UserError } from '../user-errors/user-error.js';
import { userErrorsOf } from '../user-errors/user-errors.js';
import { Agent, agentOf } from './agent.js';
import { KEY_DESCRIPTION } from '../certificates/certificate-inputs.js';

@InputType({ description: 'Input for creating an agent.' })
export class CreateAgentInput {
  @Field(() => String, { description: 'Name of the environment that the agent serves.' })
  environment!: string;
  @Field(() => String, { description: 'Name of the agent, 1 to 128 characters, unique in its environment.' })
  name!: string;

  @Field(() => String, { nullable: true, description: KEY_DESCRIPTION })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Input for deleting an agent.' })
export class DeleteAgentInput {
  @Field(() => ID, { description: 'Id of the agent to delete.' })
  id!: string;
}

@InputType({ description: 'Input for re-enrolling a reinstalled host.' })
export class ReenrollAgentInput {
  @Field(() => ID, { description: 'Id of the agent whose key is forgotten.' })
  id!: string;
}

@InputType({ description: 'Input for excluding a host from the counts of deployments.' })
export class SetAgentAsideInput {
  @Field(() => ID, { description: "Id of the host's agent." })
  id!: string;
  @Field(() => String, { description: 'Reason recorded in the audit, 1 to 128 characters.' })
  reason!: string;
}

@InputType({ description: 'Input for revoking an agent.' })
export class RevokeAgentInput {
  @Field(() => ID, { description: 'Id of the agent to revoke.' })
  id!: string;
  @Field(() => String, { description: 'Reason recorded in the audit, 1 to 128 characters.' })
  reason!: string;
}

@InputType({ description: 'Input for counting a host in deployments again.' })
export class ReturnAgentInput {
  @Field(() => ID, { description: "Id of the host's agent." })
  id!: string;
}

@ObjectType({ description: 'Result of setting a host aside, returning it or revoking it.' })
export class AgentPayload {
  @Field(() => Agent, { nullable: true, description: 'The updated agent, or null if nothing was changed.' })
  agent!: Agent | null;
  @Field(() => [UserError], { description: 'Reasons nothing was changed; empty on success.' })
  userErrors!: readonly UserError[];
}

@ObjectType({ description: 'Result of creating an agent.' })
export class CreateAgentPayload {
  @Field(() => Agent, { nullable: true, description: 'The new agent, or null if it was not created.' })
  agent!: Agent | null;
  @Field(() => String, {
    nullable: true,
    description:
      'Token with which the agent authenticates. Returned once, and again to a retry with the same idempotency key.',
  })
  token!: string | null;
  @Field(() => [String], {
    description:
      'What the agent pins: the id of the root, or where none was published the RFC 7638 thumbprints of the key that signs statements and, once it is announced, of the one that is to sign next.',
  })
  pins!: readonly string[];
  @Field(() => [UserError], { description: 'Reasons the agent was not created; empty on success.' })
  userErrors!: readonly UserError[];
}

@ObjectType({ description: 'Result of deleting an agent.' })
export class DeleteAgentPayload {
  @Field(() => Agent, { nullable: true, description: 'The agent before its deletion, or null if it was not deleted.' })
  agent!: Agent | null;
  @Field(() => [UserError], { description: 'Reasons the agent was not deleted; empty on success.' })
  userErrors!: readonly UserError[];
}

@ObjectType({ description: 'An agent with its cursor.' })
export class AgentEdge extends edgeType(() => Agent) {}

@ObjectType({ description: 'A page of the agents of an environment.' })
export class AgentConnection extends connectionType(
  () => Agent,
  () => AgentEdge,
  'sorted by name',
) {
  environmentId!: string;
}

@ObjectType({ description: 'Result of re-enrolling a host.' })
export class ReenrollAgentPayload {
  @Field(() => ID, { nullable: true, description: 'Id of the agent whose key was forgotten, or null if it was not.' })
  id!: string | null;
  @Field(() => [UserError], { description: 'Reasons the host was not re-enrolled; empty on success.' })
  userErrors!: readonly UserError[];
}

@Resolver(() => AgentConnection)
export class AgentResolver {
  @Query(() => AgentConnection, {
    nullable: true,
    description: 'Lists the agents of an environment. Null if the environment does not exist.',
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

  @FieldResolver(() => Int, { description: 'Number of agents on all pages.' })
  totalCount(@Root() { environmentId }: AgentConnection, @Ctx() { reads }: Context): Promise<number> {
    return countAgents(reads, environmentId);
  }

  @Mutation(() => CreateAgentPayload, {
    description: 'Creates an agent and issues its token.',
    deprecationReason:
      'A token on the disk of a host can be stolen. Use `createEnrollmentToken`, and run `trustcast-agent enroll` on the host. Removed in the next version.',
  })
  async createAgent(
    @Arg('input', () => CreateAgentInput, { description: 'The agent to create.' }) input: CreateAgentInput,
    @Ctx() context: Context,
  ): Promise<CreateAgentPayload> {
    const pins = await context.hostPins();
    const read = all({ name: readName(input.name), key: readIdempotencyKey(input.idempotencyKey) });
    const { database, tokenSecret } = context;
    const { environment } = input;
    const result = read.ok
      ? await createAgent(database, requestOf(context, 'createAgent', input), {
          ...{ environment, name: read.value.name, tokenSecret },
        })
      : read;
    return result.ok
      ? instance(CreateAgentPayload, {
          agent: agentOf(result.value.agent),
          token: result.value.token,
          pins,
          userErrors: [],
        })
      : instance(CreateAgentPayload, {
          agent: null,
          token: null,
          pins,
          userErrors: userErrorsOf(result.refusals),
        });
  }

  @Mutation(() => ReenrollAgentPayload, {
    description:
      'Forgets the key of an agent whose host was reinstalled or revoked, so that the next host that enrolls under its name, or registers with its token, is accepted.',
  })
  async reenrollAgent(
    @Arg('input', () => ReenrollAgentInput, { description: 'The agent to re-enroll.' }) { id }: ReenrollAgentInput,
    @Ctx() context: Context,
  ): Promise<ReenrollAgentPayload> {
    if (isUuid(id) && (await reenrollAgent(context.database, context, id)))
      return instance(ReenrollAgentPayload, { id, userErrors: [] });
    const refusal = {
      code: 'AGENT_NOT_FOUND',
      message: 'there is no such agent: it was deleted, or the id is another',
      field: ['id'],
    } as const;
    return instance(ReenrollAgentPayload, { id: null, userErrors: userErrorsOf([refusal]) });
  }

  @Mutation(() => AgentPayload, {
    description:
      'Excludes a host, for example one that is being rebuilt, from the counts of deployments. Recorded in the audit.',
  })
  async setAgentAside(
    @Arg('input', () => SetAgentAsideInput, { description: 'The host and the reason.' }) input: SetAgentAsideInput,
    @Ctx() context: Context,
  ): Promise<AgentPayload> {
    const reason = readName(input.reason, 'reason');
    if (!reason.ok) return agentPayload(null, reason.refusals);
    const { id } = input;
    return agentPayload(
      isUuid(id) ? await setAgentAside(context.database, context, { id, reason: reason.value }) : null,
    );
  }

  @Mutation(() => AgentPayload, {
    description:
      'Revokes an agent, for example of a host whose key may have been stolen. Within 5 seconds it is refused over HTTP and NATS; it stays in the list, and no deployment counts it. `reenrollAgent` lets the host enroll anew.',
  })
  async revokeAgent(
    @Arg('input', () => RevokeAgentInput, { description: 'The agent and the reason.' }) input: RevokeAgentInput,
    @Ctx() context: Context,
  ): Promise<AgentPayload> {
    const reason = readName(input.reason, 'reason');
    if (!reason.ok) return agentPayload(null, reason.refusals);
    const { id } = input;
    return agentPayload(isUuid(id) ? await revokeAgent(context.database, context, { id, reason: reason.value }) : null);
  }

  @Mutation(() => AgentPayload, { description: 'Counts a host that was set aside in every deployment again.' })
  async returnAgent(
    @Arg('input', () => ReturnAgentInput, { description: 'The host to return.' }) { id }: ReturnAgentInput,
    @Ctx() context: Context,
  ): Promise<AgentPayload> {
    return agentPayload(isUuid(id) ? await returnAgent(context.database, context, id) : null);
  }

  @Mutation(() => DeleteAgentPayload, {
    description: 'Deletes an agent. Its token and key are no longer accepted.',
  })
  async deleteAgent(
    @Arg('input', () => DeleteAgentInput, { description: 'The agent to delete.' }) { id }: DeleteAgentInput,
    @Ctx() context: Context,
  ): Promise<DeleteAgentPayload> {
    const deleted = isUuid(id) ? await deleteAgent(context.database, context, id) : null;
    if (deleted) return instance(DeleteAgentPayload, { agent: agentOf(deleted), userErrors: [] });
    const refusal = {
      code: 'AGENT_NOT_FOUND',
      message: 'there is no such agent: it was deleted, or the id is another',
      field: ['id'],
    } as const;
    return instance(DeleteAgentPayload, { agent: null, userErrors: userErrorsOf([refusal]) });
  }
}

const MISSING = [
  { code: 'AGENT_NOT_FOUND', message: 'there is no such agent: it was deleted, or the id is another', field: ['id'] },
] as const;

function agentPayload(record: AgentRecord | null, reasons: readonly Refusal[] = MISSING): AgentPayload {
  const refusals = record ? [] : reasons;
  return instance(AgentPayload, { agent: record && agentOf(record), userErrors: userErrorsOf(refusals) });
}
