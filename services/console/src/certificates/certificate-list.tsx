import type { CertificateListQuery, CertificateListQueryVariables } from '../api/answer-types.js';
import { CERTIFICATE_LIST } from '../api/operations/certificates.js';
import { ENVIRONMENTS } from '../api/operations/me.js';
import { useSession } from '../api/session.js';
import { useChanges } from '../api/use-changes.js';
import { useQuery } from '../api/use-query.js';
import { DaysLeft } from '../parts/days-left.js';
import { EnvironmentField, SearchField } from '../parts/filter-fields.js';
import { Paging, pageOf, useFilters } from '../parts/paging.js';
import { FailureNotice } from '../parts/failure-notice.js';
import { LiveState } from '../parts/live-state.js';
import { Link, useRouter } from '../shell/router.js';
import { useStrings } from '../strings/strings.js';
import { CertificateMenu } from './certificate-menu.js';

const PATH = '/certificates';
const WITHIN = [30, 90, 365];
/** What has expired does so within no day. */
const EXPIRED = '0';

type Listed = CertificateListQuery['certificates']['nodes'][number];

function variablesOf(query: URLSearchParams): CertificateListQueryVariables {
  const [text, environment, expiry] = [query.get('search'), query.get('environment'), query.get('expiry')];
  return {
    filter: {
      ...(text !== null && { text }),
      ...(environment !== null && { environment }),
      ...(expiry !== null && { expiringWithinDays: Number(expiry) }),
    },
    ...pageOf(query),
  };
}

/** All certificates: the address holds the search, the filters and the page. */
export function CertificateList() {
  const { query } = useRouter();
  const { filters, filter } = useFilters(PATH, ['search', 'environment', 'expiry']);
  const { list, shell } = useStrings();
  const { may } = useSession();
  const environments = useQuery(ENVIRONMENTS, {});
  const found = useQuery(CERTIFICATE_LIST, variablesOf(query));
  const names = (environments.answer?.environments ?? []).map(({ name }) => name);
  useChanges(names, found.again);
  const filtered = Object.values(filters).some((value) => value !== '');
  const page = found.answer?.certificates;
  return (
    <div className="view">
      <div className="spread">
        <h1>{list.title}</h1>
        {may('DEPLOY') ? (
          <Link to="/certificates/new" className="button primary">
            {list.create}
          </Link>
        ) : (
          <p className="note">{list.mayNotCreate}</p>
        )}
      </div>
      <search className="filters">
        <SearchField
          label={list.search}
          hint={list.searchHint}
          value={filters.search}
          onChange={(search) => filter({ search })}
        />
        <EnvironmentField
          all
          value={filters.environment}
          environments={environments.answer?.environments ?? []}
          onChange={(environment) => filter({ environment })}
        />
        <label className="field">
          <span>{list.expiry}</span>
          <select value={filters.expiry} onChange={({ target }) => filter({ expiry: target.value })}>
            <option value="">{list.anyExpiry}</option>
            {WITHIN.map((days) => (
              <option key={days} value={days}>
                {list.within(days)}
              </option>
            ))}
            <option value={EXPIRED}>{list.expired}</option>
          </select>
        </label>
        <button
          type="button"
          className="button"
          disabled={!filtered}
          onClick={() => filter({ search: '', environment: '', expiry: '' })}
        >
          {list.reset}
        </button>
      </search>
      {found.failure && <FailureNotice failure={found.failure} again={found.again} />}
      {!page && found.loading && <p className="loading">{shell.loading}</p>}
      {page?.nodes.length === 0 && <Nothing filtered={filtered} />}
      {page && page.nodes.length > 0 && (
        <>
          <div className="table" aria-busy={found.loading}>
            <Table certificates={page.nodes} />
          </div>
          <Paging path={PATH} filters={filters} pageInfo={page.pageInfo} total={list.total(page.totalCount)} />
        </>
      )}
    </div>
  );
}

function Nothing({ filtered }: { readonly filtered: boolean }) {
  const { list } = useStrings();
  return (
    <div className="empty">
      <h2>{filtered ? list.nothingFound : list.empty}</h2>
      <p>{filtered ? list.nothingFoundLead : list.emptyLead}</p>
    </div>
  );
}

function Table({ certificates }: { readonly certificates: readonly Listed[] }) {
  const { list } = useStrings();
  return (
    <table className="list">
      <thead>
        <tr>
          <th scope="col">{list.name}</th>
          <th scope="col">{list.validity}</th>
          <th scope="col">{list.owner}</th>
          <th scope="col">{list.state}</th>
          <th scope="col">
            <span className="hidden">{list.actions}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {certificates.map((certificate) => (
          <Row key={certificate.id} certificate={certificate} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ certificate }: { readonly certificate: Listed }) {
  const { list } = useStrings();
  const { id, name, description, owner, definitions, deployments } = certificate;
  const [first] = [...definitions].sort((a, b) => a.content.daysLeft - b.content.daysLeft);
  return (
    <tr>
      <td>
        <Link className="title-link" to={`/certificates/${id}`}>
          {name}
        </Link>
        {description !== '' && <div className="soft clamp">{description}</div>}
        {definitions.length > 1 && <div className="soft">{list.definitions(definitions.length)}</div>}
      </td>
      <td data-label={list.validity}>
        {first && <DaysLeft days={first.content.daysLeft} notAfter={first.content.notAfter} />}
      </td>
      <td data-label={list.owner}>{owner ?? <span className="soft">{list.nobody}</span>}</td>
      <td data-label={list.state}>
        <ul>
          {deployments.map((deployment) => (
            <li key={deployment.environment.name} className="row">
              <span>{deployment.environment.title}</span>
              <LiveState of={deployment} />
            </li>
          ))}
        </ul>
      </td>
      <td className="actions">
        <CertificateMenu certificate={certificate} />
      </td>
    </tr>
  );
}
