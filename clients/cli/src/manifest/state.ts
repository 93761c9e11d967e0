import { type CertificateTexts, certificateTexts } from '@trustcast/schema';
import type { Service } from '../service/service.js';
import type { CertificateStatesQuery } from '../service/answer-types.js';
import { operation } from '../service/operation.js';

/** What the service has now. */
export interface State {
  readonly environments: ReadonlyMap<string, EnvironmentState>;
  readonly certificates: ReadonlyMap<string, CertificateState>;
}

export interface EnvironmentState {
  readonly name: string;
  readonly kind: string;
  readonly title: string;
}

export interface CertificateState extends CertificateTexts {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  /** null: nobody's. */
  readonly owner: string | null;
  readonly definitions: readonly DefinitionState[];
}

export interface DefinitionState {
  readonly id: string;
  readonly alias: string;
  readonly fingerprint: string;
  readonly environments: readonly string[];
}

const PAGE = operation(
  'CertificateStates',
  `query ($after: String) {
  environments { name kind title }
  certificates(first: 500, after: $after) {
    nodes { id name ${certificateTexts.join(' ')} version owner definitions { id alias fingerprint environments { name } } }
    pageInfo { hasNextPage endCursor }
  }
}`,
);

export async function readState(service: Service): Promise<State> {
  const certificates = new Map<string, CertificateState>();
  for (let after: string | null = null; ;) {
    const page: CertificateStatesQuery = await service.ask(PAGE, { after });
    for (const certificate of page.certificates.nodes)
      certificates.set(certificate.name, {
        ...certificate,
        definitions: certificate.definitions.map((definition) => ({
          ...definition,
          environments: definition.environments.map(({ name }) => name),
        })),
      });
    const { hasNextPage, endCursor } = page.certificates.pageInfo;
    if (!hasNextPage)
      return { environments: new Map(page.environments.map((each) => [each.name, each])), certificates };
    after = endCursor;
  }
}
