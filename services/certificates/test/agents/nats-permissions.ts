import type { NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node';
import { inboxOf, natsLogin } from '@trustcast/schema';
import type { TestAgent } from '../support/test-agent.js';

/** What the server says of a subscription: the error, or nothing. */
export async function subscribing(connection: NatsConnection, subject: string): Promise<string | undefined> {
  let problem: string | undefined;
  const subscription = connection.subscribe(subject, { callback: (error) => void (problem = error?.message) });
  await connection.flush();
  subscription.unsubscribe();
  return problem;
}

/** What the server says of a message: the errors since it was sent. */
export async function publishing(connection: NatsConnection, subject: string): Promise<string[]> {
  const problems: string[] = [];
  const status = connection.status();
  const listening = (async () => {
    for await (const event of status) {
      if (event.type === 'error') problems.push(event.error.message);
    }
  })();
  connection.publish(subject, 'planted');
  await connection.flush();
  await connection.flush();
  (status as unknown as { stop: () => void }).stop();
  await listening;
  return problems;
}

/** Logs in as the agent does, once. */
export function loginOf({ registration, key }: TestAgent): NodeConnectionOptions {
  return {
    servers: [...registration.nats.servers],
    authenticator: (nonce?: string) => natsLogin(key.privateKey, nonce),
    inboxPrefix: inboxOf(registration.agent),
    reconnect: false,
  };
}
