/** What uses the certificates of environments of one kind. */
interface KindTraits {
  /** Shown by the API: what uses the certificates. */
  readonly description: string;
  /** JVMs, whose hosts report; or consumers, which hear events and have no JVMs to report. */
  readonly usedBy: 'JVMS' | 'CONSUMERS';
}

/** Every kind, with all that is different about it: whoever adds one adds a row here. */
export const ENVIRONMENT_KINDS = {
  API_MANAGER: { description: 'JVMs, through the agents of their hosts.', usedBy: 'JVMS' },
  GATEWAY: {
    description: 'Consumers of events and of the JWK set. Each agent of such an environment is a consumer.',
    usedBy: 'CONSUMERS',
  },
} as const satisfies Record<string, KindTraits>;

/** Kind of an environment. */
export type EnvironmentKind = keyof typeof ENVIRONMENT_KINDS;

export const environmentKinds = Object.keys(ENVIRONMENT_KINDS) as [EnvironmentKind, ...EnvironmentKind[]];

/** The kinds whose certificates are used so. */
export function kindsUsedBy(usedBy: KindTraits['usedBy']): EnvironmentKind[] {
  return environmentKinds.filter((kind) => ENVIRONMENT_KINDS[kind].usedBy === usedBy);
}

/** What uses the certificates of a kind; undefined for one of a newer release. */
export function usersOf(kind: EnvironmentKind): KindTraits['usedBy'] | undefined {
  return Object.hasOwn(ENVIRONMENT_KINDS, kind) ? ENVIRONMENT_KINDS[kind].usedBy : undefined;
}
