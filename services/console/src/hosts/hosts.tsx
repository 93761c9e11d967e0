import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { HostListQuery } from '../api/answer-types.js';
import { HOST_LIST } from '../api/operations/lists.js';
import { ENVIRONMENTS } from '../api/operations/me.js';
import { useSession } from '../api/session.js';
import { useChanges } from '../api/use-changes.js';
import { useQuery } from '../api/use-query.js';
import { Moment } from '../parts/days-left.js';
import { EnvironmentField } from '../parts/filter-fields.js';
import { ListBody } from '../parts/list-body.js';
import { Paging, pageOf, useFilters } from '../parts/paging.js';
import { Pill } from '../parts/pill.js';
import { toneOfState } from '../parts/tone-of-state.js';
import { useRouter } from '../shell/router.js';
import { useStrings } from '../strings/strings.js';
import { EnrollDialog } from './enroll-dialog.js';

const PATH = '/hosts';
const FIRST = 'apimanager';

type Host = NonNullable<HostListQuery['agents']>['nodes'][number];

/** The hosts of an environment with their JVMs, each with the reason for its state. */
export default function Hosts() {
  const { query } = useRouter();
  const { hosts: texts, count, progress } = useStrings();
  const { may } = useSession();
  const { filters, filter } = useFilters(PATH, ['environment']);
  const [enrolling, setEnrolling] = useState(false);
  const environments = useQuery(ENVIRONMENTS, {});
  const environment = filters.environment === '' ? FIRST : filters.environment;
  const found = useQuery(HOST_LIST, { environment, ...pageOf(query) });
  useChanges([environment], found.again);
  const page = found.answer?.agents;
  return (
    <div className="view">
      <div className="spread">
        <h1>{texts.title}</h1>
        {may('MANAGE', environment) && (
          <Button className="button primary" onPress={() => setEnrolling(true)}>
            {texts.enroll}
          </Button>
        )}
      </div>
      <search className="filters">
        <EnvironmentField
          value={environment}
          environments={environments.answer?.environments ?? []}
          onChange={(name) => filter({ environment: name })}
        />
      </search>
      <ListBody
        query={found}
        count={page === undefined ? null : (page?.nodes.length ?? 0)}
        empty={texts.empty}
        emptyLead={texts.emptyLead}
        heads={[progress.host, progress.hostState, texts.revision, texts.heard, progress.reason]}
      >
        {page?.nodes.map((host) => (
          <HostRows key={host.id} host={host} />
        ))}
      </ListBody>
      {page && <Paging path={PATH} filters={filters} pageInfo={page.pageInfo} total={count.hosts(page.totalCount)} />}
      {enrolling && <EnrollDialog environment={environment} onClosed={() => setEnrolling(false)} />}
    </div>
  );
}

function HostRows({ host }: { readonly host: Host }) {
  const { hosts: texts, progress } = useStrings();
  const { name, hostname, state, reason, lastSeenAt, revision, jvms, setAside, revoked, quarantine, duplicate } = host;
  const reasons = [
    reason,
    setAside && texts.setAside(setAside.reason),
    revoked && texts.revoked(revoked.reason),
    quarantine && texts.quarantine(quarantine.total),
    duplicate && texts.duplicate(duplicate.hostname),
  ].filter((text) => text !== null);
  return (
    <tbody>
      <tr>
        <td>
          <strong>{name}</strong>
          {hostname !== null && hostname !== name && <div className="soft">{hostname}</div>}
        </td>
        <td data-label={progress.hostState}>
          <Pill tone={toneOfState(state)}>{progress.hostStates[state]}</Pill>
        </td>
        <td data-label={texts.revision}>{revision}</td>
        <td data-label={texts.heard}>{lastSeenAt === null ? texts.never : <Moment at={lastSeenAt} />}</td>
        <td data-label={progress.reason}>
          {reasons.map((text) => (
            <div key={text}>{text}</div>
          ))}
          {jvms.length === 0 && <span className="soft">{progress.nothing}</span>}
        </td>
      </tr>
      {jvms.map((jvm) => (
        <tr key={jvm.id}>
          <td className="indented">
            {progress.jvm(jvm.pid, jvm.mainClass ?? texts.unnamed)}
            <div className="soft">
              {[jvm.jdkVersion !== null && `JDK ${jvm.jdkVersion}`, texts.via[jvm.via ?? '']]
                .filter(Boolean)
                .join(', ')}
            </div>
          </td>
          <td data-label={progress.hostState}>
            <Pill tone={toneOfState(jvm.state)}>{progress.jvmStates[jvm.state]}</Pill>
          </td>
          <td data-label={texts.revision}>{jvm.revision}</td>
          <td />
          <td data-label={progress.reason}>{jvm.reason ?? jvm.lastError}</td>
        </tr>
      ))}
    </tbody>
  );
}
