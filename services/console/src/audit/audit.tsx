import type { AuditQuery } from '../api/answer-types.js';
import { AUDIT } from '../api/operations/lists.js';
import { ENVIRONMENTS } from '../api/operations/me.js';
import { useQuery } from '../api/use-query.js';
import { Actor } from '../parts/actor.js';
import { Moment } from '../parts/days-left.js';
import { EnvironmentField, SearchField } from '../parts/filter-fields.js';
import { ListBody } from '../parts/list-body.js';
import { Paging, pageOf, useFilters } from '../parts/paging.js';
import { Link, useRouter } from '../shell/router.js';
import { useStrings } from '../strings/strings.js';

const PATH = '/audit';

type AuditRecord = AuditQuery['audit']['nodes'][number];

/** Who did what, with the state before and after. */
export default function Audit() {
  const { query } = useRouter();
  const { audit: texts } = useStrings();
  const { filters, filter } = useFilters(PATH, ['environment', 'actor']);
  const environments = useQuery(ENVIRONMENTS, {});
  const found = useQuery(AUDIT, {
    filter: {
      actor: filters.actor === '' ? null : filters.actor,
      environment: filters.environment === '' ? null : filters.environment,
    },
    ...pageOf(query),
  });
  const page = found.answer?.audit;
  return (
    <div className="view">
      <h1>{texts.title}</h1>
      <search className="filters">
        <SearchField
          label={texts.actor}
          hint={texts.actorHint}
          value={filters.actor}
          onChange={(actor) => filter({ actor })}
        />
        <EnvironmentField
          all
          value={filters.environment}
          environments={environments.answer?.environments ?? []}
          onChange={(environment) => filter({ environment })}
        />
      </search>
      <ListBody
        query={found}
        count={page?.nodes.length ?? null}
        empty={texts.empty}
        emptyLead={texts.emptyLead}
        heads={[texts.at, texts.actor, texts.action, texts.concerns, texts.details]}
      >
        <tbody>
          {page?.nodes.map((record) => (
            <Row key={record.id} record={record} />
          ))}
        </tbody>
      </ListBody>
      {page && <Paging path={PATH} filters={filters} pageInfo={page.pageInfo} />}
    </div>
  );
}

function Row({ record }: { readonly record: AuditRecord }) {
  const { audit: texts, progress } = useStrings();
  const { at, actor, address, action, certificate, environments, before, after, revisions } = record;
  return (
    <tr>
      <td>
        <Moment at={at} />
      </td>
      <td data-label={texts.actor}>
        <Actor actor={actor} />
        {address !== null && <div className="soft">{address}</div>}
      </td>
      <td data-label={texts.action}>{wordsOf(action)}</td>
      <td data-label={texts.concerns}>
        {certificate && <Link to={`/certificates/${certificate.id}`}>{certificate.name}</Link>}
        <div className="soft">
          {environments.join(', ')}
          {revisions.map(({ environment, revision }) => (
            <div key={environment}>{progress.revision(revision)}</div>
          ))}
        </div>
      </td>
      <td data-label={texts.details}>
        {(before !== null || after !== null) && (
          <details>
            <summary>{texts.beforeAndAfter}</summary>
            <div className="sides">
              <pre>{before === null ? texts.nothing : JSON.stringify(before, null, 2)}</pre>
              <pre>{after === null ? texts.nothing : JSON.stringify(after, null, 2)}</pre>
            </div>
          </details>
        )}
      </td>
    </tr>
  );
}

/** Names of mutations as words: `createCertificate` is "Create certificate". */
function wordsOf(action: string): string {
  const words = action.replaceAll(
    /([a-z])([A-Z])/g,
    (_, end: string, start: string) => `${end} ${start.toLowerCase()}`,
  );
  return (
    words.charAt(0).toUpperCase() +
    words
      .slice(1)
      .replace(/\bjwk/, 'JWK')
      .replace(/\bapi\b/, 'API')
  );
}
