import { HISTORY } from '../api/operations/lists.js';
import { ENVIRONMENTS } from '../api/operations/me.js';
import { useChanges } from '../api/use-changes.js';
import { useQuery } from '../api/use-query.js';
import { Actor } from '../parts/actor.js';
import { Moment } from '../parts/days-left.js';
import { ListBody } from '../parts/list-body.js';
import { Paging, pageOf } from '../parts/paging.js';
import { Pill } from '../parts/pill.js';
import { toneOfState } from '../parts/tone-of-state.js';
import { Link, useRouter } from '../shell/router.js';
import { useStrings } from '../strings/strings.js';

/** All environments with what they hold. */
export function Environments() {
  const { environments: texts, list, count } = useStrings();
  const found = useQuery(ENVIRONMENTS, {});
  const all = found.answer?.environments;
  useChanges(all?.map(({ name }) => name) ?? [], found.again);
  return (
    <div className="view">
      <h1>{texts.title}</h1>
      <ListBody
        query={found}
        count={all?.length ?? null}
        empty={texts.empty}
        emptyLead={texts.emptyLead}
        heads={[list.name, texts.kind, texts.revision, texts.holds]}
      >
        <tbody>
          {all?.map(({ name, title, kind, revision, counts }) => (
            <tr key={name}>
              <td>
                <Link className="title-link" to={`/environments/${name}`}>
                  {title}
                </Link>
                <div className="soft mono">{name}</div>
              </td>
              <td data-label={texts.kind}>{texts.kinds[kind]}</td>
              <td data-label={texts.revision}>{revision}</td>
              <td data-label={texts.holds}>
                {[count.certificates(counts.certificates), count.jwks(counts.jwks), count.hosts(counts.agents)].join(
                  ' · ',
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </ListBody>
    </div>
  );
}

/** The revisions of an environment, newest first. */
export function EnvironmentHistory({ name }: { readonly name: string }) {
  const { query } = useRouter();
  const { environments: texts, audit, progress } = useStrings();
  const found = useQuery(HISTORY, { name, ...pageOf(query) });
  useChanges([name], found.again);
  const environment = found.answer?.environment;
  const page = environment?.history;
  return (
    <div className="view">
      <h1>{environment?.title ?? name}</h1>
      <ListBody
        query={found}
        count={found.answer ? (page?.nodes.length ?? 0) : null}
        empty={texts.noHistory}
        emptyLead={texts.noHistoryLead}
        heads={[texts.revision, audit.at, audit.actor, texts.changes, progress.hostState]}
      >
        <tbody>
          {page?.nodes.map(({ epoch, revision, createdAt, counts, record, progress: { state }, deployment }) => (
            <tr key={`${epoch} ${revision}`}>
              <td>{deployment ? <Link to={`/deployments/${deployment.id}`}>{revision}</Link> : revision}</td>
              <td data-label={audit.at}>
                <Moment at={createdAt} />
              </td>
              <td data-label={audit.actor}>{record && <Actor actor={record.actor} />}</td>
              <td data-label={texts.changes}>{texts.counts(counts.added, counts.changed, counts.removed)}</td>
              <td data-label={progress.hostState}>
                <Pill tone={toneOfState(state)}>{progress.states[state]}</Pill>
              </td>
            </tr>
          ))}
        </tbody>
      </ListBody>
      {page && <Paging path={`/environments/${name}`} filters={{}} pageInfo={page.pageInfo} />}
    </div>
  );
}
