/** Names on NATS that belong to one installation: several may share a NATS without hearing each other. */
export interface InstallationSubjects {
  /** `certificate-changed` events of an environment, named by its name. */
  readonly changed: (environment: string) => string;
  /** `certificate-expiring` events of an environment. */
  readonly expiring: (environment: string) => string;
  /** The current statement of an environment, repeated. */
  readonly heartbeat: (environment: string) => string;
  /** Where one agent, named by its id, reports. */
  readonly status: (environment: string, agent: string) => string;
  /** Where the service listens to all agents. */
  readonly allStatus: string;
  /** Stream of the events, where JetStream exists: for gateways and auditors, never for agents. */
  readonly stream: string;
  /** Prefix of the subjects on which the service gets answers. */
  readonly serviceInbox: string;
}

/** The subjects and the stream of the installation with this id. */
export function subjectsOf(installation: string): InstallationSubjects {
  const root = `trustcast.${installation}`;
  return {
    changed: (environment) => `${root}.${environment}.changed`,
    expiring: (environment) => `${root}.${environment}.expiring`,
    heartbeat: (environment) => `${root}.${environment}.heartbeat`,
    status: (environment, agent) => `${root}.${environment}.status.${agent}`,
    allStatus: `${root}.*.status.*`,
    stream: `TRUSTCAST_${installation}`,
    serviceInbox: inboxOf(installation),
  };
}

/** Prefix of the subjects on which an agent gets answers; agents' ids are unique among all installations. */
export function inboxOf(agent: string): string {
  return `_INBOX_${agent}`;
}

/** Where a gateway, named by its id, gets what the stream has for it. */
export function streamInboxOf(gateway: string): string {
  return `${inboxOf(gateway)}.stream`;
}

/** CloudEvents `type` of a change event. */
export const CHANGED_EVENT_TYPE = 'io.trustcast.certificate-changed';
/** CloudEvents `type` of a `certificate-expiring` event. */
export const EXPIRING_EVENT_TYPE = 'io.trustcast.certificate-expiring';
/** CloudEvents `type` of a heartbeat. */
export const HEARTBEAT_EVENT_TYPE = 'io.trustcast.heartbeat';
