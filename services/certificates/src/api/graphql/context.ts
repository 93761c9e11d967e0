import DataLoader from 'dataloader';
import {
  type Caller,
  type Permission,
  type Scope,
  seenEnvironments,
  shownEnvironments,
} from '../../features/records/grants.js';
import type { ForbiddenError } from '../../features/records/forbidden.js';
import type { Fleet, FleetAgent } from '../../features/deployments/rules/deployment-progress.js';
import { type OwnerRecord, ownersOf } from '../../features/certificates/sql/certificate-owners.js';
import type { Database } from '../../platform/postgres/database.js';
import type { Intake } from '../../features/intake/intake.js';
import { withFiles } from '../../features/intake/uploads.js';
import type { Notifications } from '../../platform/postgres/notifications.js';
import { type StoredContent, contentsByFingerprint } from '../../features/certificates/read/read-contents.js';
import { certificatesById } from '../../features/certificates/read/read-certificates.js';
import { readFleetAgents, readFleets } from '../../features/deployments/sql/read-fleet.js';
import { type ImpactRecord, certificateImpacts } from '../../features/certificates/read/read-impact.js';
import { jwksById } from '../../features/jwks/sql/read-jwks.js';
import { environmentsById } from '../../features/environments/sql/read-environments.js';
import { type Author, type Origin, type Request, requestHash } from '../../features/requests/request.js';
import type { Sql } from '../../platform/postgres/statement.js';
import type { Retrieve } from '../../features/retrieval/retriever.js';
import { Certificate } from './certificates/certificate.js';
import { type Deployment, loadDeployments } from './deployments/deployment.js';
import { Environment } from './environments/environment.js';
import { type Histories, makeHistories } from './shape/histories.js';
import { instance } from './shape/instance.js';
import { Jwk } from './jwks/jwk.js';
import { deniedOnce, failingOnce } from './once-per-request.js';
import type { ListSizes } from './limits/list-lengths.js';
import { SharedReads } from './shared-reads.js';
import { type EnvironmentCountsRecord, environmentCounts } from '../../features/deployments/sql/environment-counts.js';
import { type IssuerListRecord, issuerListsById } from '../../features/truststore/sql/issuer-lists.js';
import {
  type DeployedEntryRecord,
  readDeployedEntries,
} from '../../features/certificates/read/read-deployed-entries.js';

/** Services that all requests share. */
export interface Services extends SharedFleets {
  /** Connections for changes. */
  readonly database: Database;
  /** Connections for reads, which write nothing and never delay a change. */
  readonly reads: Sql;
  readonly listSizes: () => Promise<ListSizes>;
  readonly notifications: Notifications;
  readonly intake: Intake;
  readonly retrieve: Retrieve;
  /** What hosts are to pin now: the root, or without one the signing key and the one that is announced. */
  readonly hostPins: () => Promise<readonly string[]>;
  /** What tokens of agents are derived from where a retry must get the same one. */
  readonly tokenSecret: Buffer;
  /** Maximum lifetime of an API token in days; null: unlimited. */
  readonly apiTokenMaxDays: number | null;
  /** URLs of the identity providers whose people can be granted something. */
  readonly issuers: readonly string[];
  /** Counts and records a request that the caller is not permitted to make. */
  readonly onDenied: (origin: Origin, error: ForbiddenError) => void;
}

/** Reads of progress that all subscribers share. */
export interface SharedFleets {
  readonly fleets: SharedReads<Fleet>;
  readonly fleetAgents: SharedReads<readonly FleetAgent[]>;
}

export function sharedFleets(sql: Sql): SharedFleets {
  return {
    fleets: new SharedReads((ids) => readFleets(sql, ids)),
    fleetAgents: new SharedReads((ids) => readFleetAgents(sql, ids)),
  };
}

/** Loaders of one request. */
interface Loaders {
  readonly environments: DataLoader<string, Environment | null>;
  readonly deployments: DataLoader<string, Deployment | null>;
  readonly contents: DataLoader<string, StoredContent | null>;
  readonly certificates: DataLoader<string, Certificate | null>;
  readonly jwks: DataLoader<string, Jwk | null>;
  readonly owners: DataLoader<string, OwnerRecord | null>;
  /** By certificate. */
  readonly impacts: DataLoader<string, readonly ImpactRecord[]>;
  readonly histories: Histories;
  /** Environments of certificates, and the progress there. */
  readonly deployedEntries: DataLoader<string, readonly DeployedEntryRecord[]>;
  readonly environmentCounts: DataLoader<string, EnvironmentCountsRecord | null>;
  readonly issuerLists: DataLoader<string, IssuerListRecord | null>;
}

/** Context of one request. */
export interface Context extends Services, Author, Loaders {
  readonly caller: Caller;
  /** Reads of some environments; `reads` are of those that the caller sees. */
  readonly readsIn: (scope: Scope) => Sql;
}

type MakeLoaders = { readonly [Name in keyof Loaders]: (reads: Sql, remember: boolean) => Loaders[Name] };

const LOADERS: MakeLoaders = {
  environments: loaderOf(
    async (reads, ids) => (await environmentsById(reads, ids)).map((row) => instance(Environment, row)),
    ({ id }) => id,
  ),
  deployments: loaderOf(loadDeployments, ({ id }) => id),
  contents: loaderOf(contentsByFingerprint, ({ fingerprint }) => fingerprint),
  certificates: loaderOf(
    async (reads, ids) => (await certificatesById(reads, ids)).map((row) => instance(Certificate, row)),
    ({ id }) => id,
  ),
  jwks: loaderOf(
    async (reads, ids) => (await jwksById(reads, ids)).map((row) => instance(Jwk, row)),
    ({ id }) => id,
  ),
  owners: loaderOf(ownersOf, ({ id }) => id),
  impacts: ofCertificates(certificateImpacts),
  histories: makeHistories,
  deployedEntries: ofCertificates(readDeployedEntries),
  environmentCounts: loaderOf(environmentCounts, ({ id }) => id),
  issuerLists: loaderOf(issuerListsById, ({ id }) => id),
};

/** Creates each loader at its first use, since few requests need more than one. */
const lazily = Object.create(null) as object;
for (const name of Object.keys(LOADERS) as (keyof Loaders)[])
  Object.defineProperty(lazily, name, {
    get(this: Context & { readonly remember: boolean }) {
      const value = LOADERS[name](this.reads, this.remember);
      Object.defineProperty(this, name, { value, enumerable: true, configurable: true });
      return value;
    },
  });

interface ContextOptions extends Pick<Origin, 'address' | 'requestId'> {
  /** false where one context serves many answers. */
  readonly remember?: boolean;
  readonly readsIn?: Context['readsIn'];
}

export function makeContext(
  services: Services,
  caller: Caller,
  { address, requestId, remember = true, readsIn = () => services.reads }: ContextOptions,
): Context {
  const { actor, grants } = caller;
  const author: Author = { actor, address, requestId, grants };
  const reading = (scope: Scope) => (remember ? failingOnce(readsIn(scope)) : readsIn(scope));
  const own = {
    readsIn: reading,
    reads: reading(seenEnvironments(grants)),
    onDenied: deniedOnce(services.onDenied),
    caller,
    remember,
  };
  return Object.assign(Object.create(lazily) as Loaders, services, author, own);
}

/** Reads for a field that needs this permission, and is not about what the caller sees. */
export function readsFor({ grants, reads, readsIn }: Context, permission: Permission): Sql {
  return grants.get('VIEW') === null ? reads : readsIn(shownEnvironments(grants, permission));
}

/** Of contexts that show a change: the same for who only looks. */
const views = new WeakMap<Context, Context>();

/** Lets what is read from here on be what a change with this permission shows. The next change waits for its answer. */
export function showChange(context: Context, permission: Permission): void {
  if (context.grants.get('VIEW') === null) return;
  const own = Object.entries(context).filter(([name]) => !Object.hasOwn(LOADERS, name));
  if (!views.has(context)) views.set(context, Object.assign(Object.create(lazily) as Context, Object.fromEntries(own)));
  for (const name of Object.keys(LOADERS)) Reflect.deleteProperty(context, name);
  Object.assign(context, { reads: readsFor(context, permission) });
}

/** The context of who only looks; the same one where that is no difference. */
export function viewing(context: Context): Context {
  return views.get(context) ?? context;
}

function loaderOf<Row>(
  read: (reads: Sql, keys: readonly string[]) => Promise<Row[]>,
  keyOf: (row: Row) => string,
): (reads: Sql, remember: boolean) => DataLoader<string, Row | null> {
  return (reads, remember) => {
    const readAll = async (keys: readonly string[]) => {
      const rows = new Map((await read(reads, keys)).map((row) => [keyOf(row), row]));
      return keys.map((key) => rows.get(key) ?? null);
    };
    return new DataLoader(readAll, { cache: remember });
  };
}

/** Rows of certificates, by certificate. */
function ofCertificates<Row extends { readonly certificateId: string }>(
  read: (reads: Sql, ids: readonly string[]) => Promise<readonly Row[]>,
): (reads: Sql, remember: boolean) => DataLoader<string, readonly Row[]> {
  return (reads, remember) =>
    new DataLoader(
      async (ids) => {
        const rows = await read(reads, ids);
        return ids.map((id) => rows.filter(({ certificateId }) => certificateId === id));
      },
      { cache: remember },
    );
}

/** Hash of a request without a key, whose answer is not stored. */
const NO_HASH = Buffer.alloc(0);

/** Identifies a mutation for retries. */
export function requestOf(
  { actor, address, requestId, grants }: Context,
  action: string,
  { idempotencyKey, ...input }: { readonly idempotencyKey?: string | null; readonly confirmIssuerList?: boolean },
): Request {
  return {
    actor,
    address,
    requestId,
    grants,
    idempotencyKey: idempotencyKey ?? null,
    requestSha256: idempotencyKey == null ? NO_HASH : requestHash(action, withFiles(input)),
    confirmsIssuerList: input.confirmIssuerList ?? false,
  };
}
