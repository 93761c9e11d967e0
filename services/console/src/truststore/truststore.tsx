import { TRUSTSTORE } from '../api/operations/lists.js';
import { ENVIRONMENTS } from '../api/operations/me.js';
import { useChanges } from '../api/use-changes.js';
import { useQuery } from '../api/use-query.js';
import { DaysLeft } from '../parts/days-left.js';
import { EnvironmentField, SearchField } from '../parts/filter-fields.js';
import { ListBody } from '../parts/list-body.js';
import { Paging, pageOf, useFilters } from '../parts/paging.js';
import { Pill } from '../parts/pill.js';
import { Link, useRouter } from '../shell/router.js';
import { useStrings } from '../strings/strings.js';

const PATH = '/truststore';
const FIRST = 'apimanager';

/** What the JVMs of an environment trust: managed certificates and the CAs that their hosts have anyway. */
export default function Truststore() {
  const { query } = useRouter();
  const { truststore: texts, list, count } = useStrings();
  const { filters, filter } = useFilters(PATH, ['environment', 'origin', 'search']);
  const environments = useQuery(ENVIRONMENTS, {});
  const environment = filters.environment === '' ? FIRST : filters.environment;
  const origin = filters.origin === 'MANAGED' || filters.origin === 'BASE' ? filters.origin : null;
  const found = useQuery(TRUSTSTORE, {
    environment,
    filter: { text: filters.search === '' ? null : filters.search, origin },
    ...pageOf(query),
  });
  useChanges([environment], found.again);
  const page = found.answer?.truststore;
  return (
    <div className="view">
      <h1>{texts.title}</h1>
      <p className="soft">{texts.lead}</p>
      <search className="filters">
        <SearchField
          label={list.search}
          hint={texts.searchHint}
          value={filters.search}
          onChange={(search) => filter({ search })}
        />
        <EnvironmentField
          value={environment}
          environments={environments.answer?.environments ?? []}
          onChange={(name) => filter({ environment: name })}
        />
        <label className="field">
          <span>{texts.origin}</span>
          <select value={filters.origin} onChange={({ target }) => filter({ origin: target.value })}>
            <option value="">{texts.anyOrigin}</option>
            <option value="MANAGED">{texts.origins.MANAGED}</option>
            <option value="BASE">{texts.origins.BASE}</option>
          </select>
        </label>
      </search>
      <ListBody
        query={found}
        count={page === undefined ? null : (page?.nodes.length ?? 0)}
        empty={texts.empty}
        emptyLead={texts.emptyLead}
        heads={[texts.alias, texts.subject, texts.origin, list.validity, list.state]}
      >
        <tbody>
          {page?.nodes.map((entry) => (
            <tr key={`${entry.origin} ${entry.alias} ${entry.fingerprint}`}>
              <td>
                {entry.certificate ? (
                  <Link className="title-link" to={`/certificates/${entry.certificate.id}`}>
                    {entry.alias}
                  </Link>
                ) : (
                  entry.alias
                )}
              </td>
              <td data-label={texts.subject}>{entry.content.subject}</td>
              <td data-label={texts.origin}>
                <Pill tone={entry.origin === 'MANAGED' ? 'good' : 'plain'}>{texts.origins[entry.origin]}</Pill>
              </td>
              <td data-label={list.validity}>
                <DaysLeft days={entry.content.daysLeft} notAfter={entry.content.notAfter} />
              </td>
              <td data-label={list.state}>{texts.liveIn(entry.live, count.jvms(entry.jvms))}</td>
            </tr>
          ))}
        </tbody>
      </ListBody>
      {page && <Paging path={PATH} filters={filters} pageInfo={page.pageInfo} total={texts.total(page.totalCount)} />}
    </div>
  );
}
