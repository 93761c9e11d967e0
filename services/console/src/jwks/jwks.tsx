import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { JwkListQuery } from '../api/answer-types.js';
import { DISCONNECT_JWK, JWK_LIST } from '../api/operations/lists.js';
import { ENVIRONMENTS } from '../api/operations/me.js';
import { RequestFailure } from '../api/failure.js';
import { useSession } from '../api/session.js';
import { useQuery } from '../api/use-query.js';
import { CopyButton } from '../parts/copy-button.js';
import { Moment } from '../parts/days-left.js';
import { EnvironmentField, SearchField } from '../parts/filter-fields.js';
import { Frame } from '../parts/frame.js';
import { ListBody } from '../parts/list-body.js';
import { Paging, pageOf, useFilters } from '../parts/paging.js';
import { Pill } from '../parts/pill.js';
import { Link, useRouter } from '../shell/router.js';
import { useStrings } from '../strings/strings.js';

const PATH = '/jwks';

type Jwk = JwkListQuery['jwks']['nodes'][number];

/** The JWKs with what they follow, and where each environment publishes its own. */
export default function Jwks() {
  const { query } = useRouter();
  const { jwks: texts, list, count } = useStrings();
  const { filters, filter } = useFilters(PATH, ['environment', 'search', 'linked']);
  const environments = useQuery(ENVIRONMENTS, {});
  const found = useQuery(JWK_LIST, {
    filter: {
      text: filters.search === '' ? null : filters.search,
      environment: filters.environment === '' ? null : filters.environment,
      linked: filters.linked === '' ? null : filters.linked === 'true',
    },
    ...pageOf(query),
  });
  const [leaving, setLeaving] = useState<Jwk | null>(null);
  const page = found.answer?.jwks;
  return (
    <div className="view">
      <h1>{texts.title}</h1>
      <search className="filters">
        <SearchField
          label={list.search}
          hint={texts.searchHint}
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
          <span>{texts.connection}</span>
          <select value={filters.linked} onChange={({ target }) => filter({ linked: target.value })}>
            <option value="">{texts.anyConnection}</option>
            <option value="true">{texts.linked}</option>
            <option value="false">{texts.disconnected}</option>
          </select>
        </label>
      </search>
      <ListBody
        query={found}
        count={page?.nodes.length ?? null}
        empty={texts.empty}
        emptyLead={texts.emptyLead}
        heads={[list.name, list.environment, texts.algorithm, texts.connection, texts.retiring, list.actions]}
      >
        <tbody>
          {page?.nodes.map((jwk) => (
            <Row key={jwk.id} jwk={jwk} onDisconnect={() => setLeaving(jwk)} />
          ))}
        </tbody>
      </ListBody>
      {page && <Paging path={PATH} filters={filters} pageInfo={page.pageInfo} total={count.jwks(page.totalCount)} />}
      {leaving && <DisconnectDialog jwk={leaving} onClosed={() => setLeaving(null)} onDone={found.again} />}
    </div>
  );
}

function Row({ jwk, onDisconnect }: { readonly jwk: Jwk; readonly onDisconnect: () => void }) {
  const { jwks: texts, list } = useStrings();
  const { may } = useSession();
  const { name, environment, algorithm, use, link, retiring, kid } = jwk;
  const url = `${location.origin}/environments/${environment.name}/jwks.json`;
  return (
    <tr>
      <td>
        <strong>{name}</strong>
        <div className="soft mono">{kid}</div>
      </td>
      <td data-label={list.environment}>
        {environment.title}
        <div>
          <a href={url}>jwks.json</a> <CopyButton text={url} of={`jwks.json, ${environment.title}`} />
        </div>
      </td>
      <td data-label={texts.algorithm}>
        {algorithm} <span className="soft">{texts.uses[use]}</span>
      </td>
      <td data-label={texts.connection}>
        {link ? (
          <Link to={`/certificates/${link.certificate.id}`}>{link.certificate.name}</Link>
        ) : (
          <Pill tone="plain">{texts.disconnected}</Pill>
        )}
      </td>
      <td data-label={texts.retiring}>
        {retiring.map((key) => (
          <div key={key.kid}>
            {texts.until} <Moment at={key.retiresAt} />
          </div>
        ))}
      </td>
      <td data-label={list.actions}>
        {link && may('DEPLOY', environment.name) && (
          <Button className="button small" onPress={onDisconnect}>
            {texts.disconnect}
          </Button>
        )}
      </td>
    </tr>
  );
}

interface DisconnectDialogProps {
  readonly jwk: Jwk;
  readonly onClosed: () => void;
  readonly onDone: () => void;
}

function DisconnectDialog({ jwk: { id, name, version }, onClosed, onDone }: DisconnectDialogProps) {
  const { jwks: texts, shell, failures } = useStrings();
  const { ask } = useSession();
  const [problem, setProblem] = useState<string | null>(null);
  const disconnect = async () => {
    try {
      const { payload } = await ask(DISCONNECT_JWK, { input: { id, expectedVersion: version } });
      const [error] = payload.userErrors;
      if (error) {
        setProblem(error.message);
        return;
      }
      onDone();
      onClosed();
    } catch (error) {
      setProblem(error instanceof RequestFailure && error.message !== '' ? error.message : failures.unknown);
    }
  };
  return (
    <Frame alert title={texts.disconnectTitle(name)} onClosed={onClosed}>
      <p>{texts.disconnectLead}</p>
      <div role="alert">{problem !== null && <p className="problem">{problem}</p>}</div>
      <div className="dialog-actions">
        <Button className="button" onPress={onClosed}>
          {shell.cancel}
        </Button>
        <Button className="button danger" onPress={() => void disconnect()}>
          {texts.disconnect}
        </Button>
      </div>
    </Frame>
  );
}
