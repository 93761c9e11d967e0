/** NATS subjects. `environment` is an environment's name, `agent` an agent's id. */
export const subjects = {
  /** `certificate-changed` events of an environment. */
  changed: (environment: string) => `trustcast.${environment}.changed`,
  /** `certificate-expiring` events of an environment. */
  expiring: (environment: string) => `trustcast.${environment}.expiring`,
  /** The current statement, repeated. */
  heartbeat: (environment: string) => `trustcast.${environment}.heartbeat`,
  /** Where one agent reports. */
  status: (environment: string, agent: string) => `trustcast.${environment}.status.${agent}`,
  /** Where the service listens to all agents. */
  allStatus: 'trustcast.*.status.*',
  /** Prefix of the subjects on which one agent, or the service, gets answers. */
  inbox: (id: string) => `_INBOX_${id}`,
} as const;

/** CloudEvents `type` of a change event. */
export const CHANGED_EVENT_TYPE = 'io.trustcast.certificate-changed';
/** CloudEvents `type` of a `certificate-expiring` event. */
export const EXPIRING_EVENT_TYPE = 'io.trustcast.certificate-expiring';
/** CloudEvents `type` of a heartbeat. */
export const HEARTBEAT_EVENT_TYPE = 'io.trustcast.heartbeat';

/** Stream of the change events, where JetStream exists: for gateways and auditors, never for agents. */
export const STREAM = 'TRUSTCAST';
