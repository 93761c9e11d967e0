import { randomUUID } from 'node:crypto';
import { table } from '@trustcast/terminal';
import { type Command, EXIT } from '../command.js';
import { environmentsNamed } from '../environments-named.js';
import { ServiceError, UsageError } from '../errors.js';
import { readPages } from '../read-pages.js';
import type { AgentPageQuery, RevokeAgentMutation, SetAgentAsideMutation } from '../service/answer-types.js';
import { required } from '../service/answers.js';
import { type Operation, operation } from '../service/operation.js';
import type { Service } from '../service/service.js';

type Agent = NonNullable<AgentPageQuery['page']>['nodes'][number];

const FIELDS =
  'id name hostname state reason registeredAt lastSeenAt setAside { at by reason } revoked { at by reason }';
const PAGE = operation(
  'AgentPage',
  `query ($environment: String!, $after: String) {
    page: agents(environment: $environment, first: 200, after: $after) { nodes { ${FIELDS} } pageInfo { hasNextPage endCursor } }
  }`,
);
const CREATE = operation(
  'CreateAgent',
  `mutation ($input: CreateAgentInput!) {
    payload: createAgent(input: $input) { agent { id name } token pins userErrors { code message field } } }`,
);
const DECIDED = `agent { ${FIELDS} } userErrors { code message field }`;
const SET_ASIDE = operation(
  'SetAgentAside',
  `mutation ($input: SetAgentAsideInput!) { payload: setAgentAside(input: $input) { ${DECIDED} } }`,
);
const REVOKE = operation(
  'RevokeAgent',
  `mutation ($input: RevokeAgentInput!) { payload: revokeAgent(input: $input) { ${DECIDED} } }`,
);
const RETURN = operation(
  'ReturnAgent',
  `mutation ($input: ReturnAgentInput!) { payload: returnAgent(input: $input) { ${DECIDED} } }`,
);
const REENROLL = operation(
  'ReenrollAgent',
  'mutation ($input: ReenrollAgentInput!) { payload: reenrollAgent(input: $input) { id userErrors { code message field } } }',
);
const DELETE = operation(
  'DeleteAgent',
  `mutation ($input: DeleteAgentInput!) { payload: deleteAgent(input: $input) { ${DECIDED} } }`,
);

const REASON: Command['options'] = { reason: { value: 'TEXT', says: 'reason, recorded in the audit (required)' } };

export const listAgents: Command = {
  name: 'agents list',
  words: '[ENVIRONMENT]',
  wordCount: [0, 1],
  summary: 'lists the agents of one environment or all, with the state of their hosts',
  help: 'UNREGISTERED means that the token was issued and the host never registered. No deployment counts a host that is set aside.',
  options: {},
  async run({ service, words, json, out }) {
    const agents: (Agent & { environment: string })[] = [];
    for (const environment of await environmentsNamed(service, words))
      for (const agent of await readPages(service, PAGE, { environment })) agents.push({ ...agent, environment });
    if (json) out(JSON.stringify(agents, null, 2));
    else
      out(
        table([
          ['ENVIRONMENT', 'NAME', 'STATE', 'LAST SEEN', 'REASON'],
          ...agents.map((agent) => [
            agent.environment,
            agent.name,
            agent.setAside && !agent.revoked ? 'set aside' : agent.state,
            agent.lastSeenAt ?? 'never',
            decisionOf(agent.revoked ?? agent.setAside) ?? agent.reason ?? '',
          ]),
        ]),
      );
    return EXIT.ok;
  },
};

export const createAgent: Command = {
  name: 'agents create',
  words: 'ENVIRONMENT NAME',
  wordCount: [2, 2],
  summary: 'deprecated: creates the agent of a host with a token; use enrollment-tokens create',
  help: 'Prints the settings that trustcast-agent run needs on the host. A host that enrolls has no token to be stolen.\nNAME is the name of the host. The settings hold the token of the agent, which is shown this once:\ntrustcast agents create apimanager web-1 > agent.env writes them for EnvironmentFile= of systemd, where nobody else\nsees them if umask is 077.',
  options: {},
  async run({ service, words: [environment = '', name = ''], json, out, notify }) {
    await environmentsNamed(service, [environment]);
    const input = { environment, name, idempotencyKey: randomUUID() };
    const created = await service.change(CREATE, input);
    const agent = required(created.agent, 'an agent');
    const token = required(created.token, 'a token');
    const { pins } = created;
    const settings = {
      TRUSTCAST_SERVICE_URL: service.url,
      TRUSTCAST_AGENT_TOKEN: token,
      TRUSTCAST_PINNED_KEYS: pins.join(','),
      TRUSTCAST_ENVIRONMENT: environment,
    };
    notify(`${agent.name} was created in ${environment}; its token is shown this once`);
    if (json) out(JSON.stringify({ ...agent, environment, token, pins }, null, 2));
    else
      out(
        Object.entries(settings)
          .map(([setting, value]) => `${setting}=${value}`)
          .join('\n'),
      );
    return EXIT.ok;
  },
};

export const setAgentAside: Command = {
  name: 'agents set-aside',
  words: 'ENVIRONMENT NAME',
  wordCount: [2, 2],
  summary: 'excludes a host from the counts of deployments until it is returned; recorded in the audit',
  help: 'Use it for a host that will be away for a long time. While such a host counts, deployments stay UNREACHABLE.',
  options: REASON,
  run: decision(SET_ASIDE, (name) => `${name} is set aside: no deployment counts it`),
};

export const revokeAgent: Command = {
  name: 'agents revoke',
  words: 'ENVIRONMENT NAME',
  wordCount: [2, 2],
  summary: 'revokes the key of a host, which is refused over HTTP and NATS within 5 seconds; recorded in the audit',
  help: 'Use it where the key of a host may have been stolen. The host stays in the list, and no deployment counts it.\ntrustcast agents reenroll lets it enroll anew with trustcast-agent enroll --new-key.',
  options: REASON,
  run: decision(REVOKE, (name) => `${name} is revoked`),
};

export const returnAgent: Command = {
  name: 'agents return',
  words: 'ENVIRONMENT NAME',
  wordCount: [2, 2],
  summary: 'counts a host that was set aside in every deployment again; recorded in the audit',
  help: 'A host that was not set aside is left unchanged.',
  options: {},
  async run({ service, words, json, out }) {
    const { id } = await agentNamed(service, words);
    const agent = required((await service.change(RETURN, { id })).agent, 'an agent');
    out(json ? JSON.stringify(agent, null, 2) : `${agent.name} counts in deployments`);
    return EXIT.ok;
  },
};

export const reenrollAgent: Command = {
  name: 'agents reenroll',
  words: 'ENVIRONMENT NAME',
  wordCount: [2, 2],
  summary: 'forgets the key of a host, and that it was revoked: the next host that enrolls under its name is it',
  help: 'On the host: stop the agent, run trustcast-agent enroll --new-key with an enrollment token, and start the agent. A host that\nwas reinstalled has no key, and needs no --new-key. Recorded in the audit.',
  options: {},
  async run({ service, words, json, out }) {
    const agent = await agentNamed(service, words);
    required((await service.change(REENROLL, { id: agent.id })).id, 'an agent');
    out(json ? JSON.stringify(agent, null, 2) : `${agent.name} may enroll anew`);
    return EXIT.ok;
  },
};

export const deleteAgent: Command = {
  name: 'agents delete',
  words: 'ENVIRONMENT NAME',
  wordCount: [2, 2],
  summary: 'deletes a host: its key opens nothing any more, and no deployment counts it',
  help: 'Use it for a host that is gone for good, or that nobody knows. What its JVMs trust stays as it is. Recorded in the audit.',
  options: {},
  async run({ service, words, json, out }) {
    const { id } = await agentNamed(service, words);
    const agent = required((await service.change(DELETE, { id })).agent, 'an agent');
    out(json ? JSON.stringify(agent, null, 2) : `${agent.name} is deleted`);
    return EXIT.ok;
  },
};

/** What is decided about a host for a reason that the audit records. */
function decision(
  mutation: Operation<SetAgentAsideMutation | RevokeAgentMutation>,
  said: (name: string) => string,
): Command['run'] {
  return async ({ service, words, options, json, out }) => {
    const reason = options.text('reason');
    if (reason === undefined) throw new UsageError('--reason is required: the audit records it');
    const { id } = await agentNamed(service, words);
    const agent = required((await service.change(mutation, { id, reason })).agent, 'an agent');
    out(json ? JSON.stringify(agent, null, 2) : said(agent.name));
    return EXIT.ok;
  };
}

function decisionOf(decision: Agent['setAside']): string | null {
  return decision && `${decision.reason} (${decision.by})`;
}

/** @throws ServiceError when there is none of this name */
async function agentNamed(service: Service, [environment = '', name = '']: readonly string[]): Promise<Agent> {
  await environmentsNamed(service, [environment]);
  const found = (await readPages(service, PAGE, { environment })).find((agent) => agent.name === name);
  if (found) return found;
  throw new ServiceError(
    'NOT_FOUND',
    `${environment} has no agent ${JSON.stringify(name)}; trustcast agents list ${environment} shows all`,
  );
}
