import { AckPolicy, type ConsumerConfig, DeliverPolicy, type JetStreamManager } from '@nats-io/jetstream';
import { streamInboxOf, subjectsOf } from '@trustcast/schema';

/** A gateway that has registered. */
export interface Gateway {
  readonly id: string;
  readonly environment: string;
}

/**
 * Makes a consumer for each gateway, which pushes the events of its environment into its inbox while it listens there and
 * goes on where it was after an absence. Those of gateways that are gone are removed; those of others are left alone.
 */
export async function keepGatewayConsumers(
  manager: JetStreamManager,
  installation: string,
  gateways: readonly Gateway[],
): Promise<void> {
  const { stream, changed } = subjectsOf(installation);
  const environments = new Map(gateways.map(({ id, environment }) => [id, environment]));
  const there = new Set<string>();
  for await (const { name, config } of manager.consumers.list(stream)) {
    const isPushed = config.deliver_subject === streamInboxOf(name);
    const environment = environments.get(name);
    if (isPushed && environment !== undefined && config.filter_subject === changed(environment)) there.add(name);
    else if (isPushed || environment !== undefined) await manager.consumers.delete(stream, name);
  }
  for (const { id, environment } of gateways)
    if (!there.has(id)) await manager.consumers.add(stream, consumerOf(id, changed(environment)));
}

/** Consumers need no acknowledgements: a gateway could name a reply subject in them, and it pulls lost events. */
function consumerOf(id: string, filter: string): Partial<ConsumerConfig> {
  return {
    durable_name: id,
    deliver_subject: streamInboxOf(id),
    filter_subject: filter,
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.All,
  };
}
