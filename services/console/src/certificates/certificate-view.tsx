import { useState } from 'react';
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import type { CertificateViewQuery } from '../api/answer-types.js';
import { RequestFailure } from '../api/failure.js';
import { CERTIFICATE_VIEW, IMPACT } from '../api/operations/certificates.js';
import { useSession } from '../api/session.js';
import { useChanges } from '../api/use-changes.js';
import { useQuery } from '../api/use-query.js';
import { ContentFields } from '../parts/content-fields.js';
import { Moment } from '../parts/days-left.js';
import { FailureNotice } from '../parts/failure-notice.js';
import { LiveState } from '../parts/live-state.js';
import { Link, useRouter } from '../shell/router.js';
import { useStrings } from '../strings/strings.js';
import { DeleteCertificate } from './delete-certificate.js';
import { Impact } from './impact.js';

type Stored = NonNullable<CertificateViewQuery['certificate']>;

const TABS = ['content', 'environments', 'impact'] as const;
const FORMATS = ['pem', 'der', 'p7b'] as const;
const ARCHIVES = ['zip', 'json'] as const;

export default function CertificateView({ id, tab }: { readonly id: string; readonly tab: string }) {
  const { view, shell } = useStrings();
  const { answer, failure, again } = useQuery(CERTIFICATE_VIEW, { id });
  useChanges(answer?.certificate?.deployments.map(({ environment }) => environment.name) ?? [], again);
  if (failure && !answer) return <FailureNotice failure={failure} again={again} />;
  if (!answer) return <p className="loading">{shell.loading}</p>;
  const { certificate } = answer;
  if (!certificate)
    return (
      <div className="empty">
        <h1>{view.gone}</h1>
        <p>{view.goneLead}</p>
        <Link className="button" to="/certificates">
          {view.all}
        </Link>
      </div>
    );
  return (
    <div className="view">
      <Head certificate={certificate} />
      <nav className="tabs" aria-label={view.tabs}>
        {TABS.map((name) => (
          <Link
            key={name}
            to={`/certificates/${id}${name === 'content' ? '' : `/${name}`}`}
            aria-current={tab === name ? 'page' : undefined}
          >
            {view[name]}
          </Link>
        ))}
      </nav>
      {tab === 'content' && <Definitions certificate={certificate} />}
      {tab === 'environments' && <Environments certificate={certificate} />}
      {tab === 'impact' && <ImpactTab id={id} />}
    </div>
  );
}

function Head({ certificate }: { readonly certificate: Stored }) {
  const { view, list } = useStrings();
  const { may } = useSession();
  const { go } = useRouter();
  const [deleting, setDeleting] = useState(false);
  const { id, name, description, version, updatedAt, owner } = certificate;
  return (
    <>
      <div className="spread">
        <h1>{name}</h1>
        <div className="row">
          {may('EXPORT') && <Exports certificate={certificate} />}
          {may('DEPLOY') && (
            <>
              <Button className="button" onPress={() => go(`/certificates/${id}/edit`)}>
                {list.edit}
              </Button>
              <Button className="button danger" onPress={() => setDeleting(true)}>
                {list.delete}
              </Button>
            </>
          )}
        </div>
      </div>
      {description !== '' && <p>{description}</p>}
      <p className="soft">
        {view.version(version)} · {view.changed} <Moment at={updatedAt} /> · {list.owner}: {owner ?? list.nobody}
      </p>
      {deleting && <DeleteCertificate certificate={certificate} onClosed={() => setDeleting(false)} />}
    </>
  );
}

function Exports({ certificate: { id, definitions } }: { readonly certificate: Stored }) {
  const { view } = useStrings();
  const { download } = useSession();
  const [failure, setFailure] = useState<RequestFailure | null>(null);
  const fetchFile = async (path: string) => {
    setFailure(null);
    try {
      await download(path);
    } catch (error) {
      setFailure(error instanceof RequestFailure ? error : new RequestFailure('UNREACHABLE', ''));
    }
  };
  const files = definitions.flatMap((definition) =>
    FORMATS.map((format) => ({
      key: `${definition.id} ${format}`,
      label: view.exportOf(definition.alias, format.toUpperCase()),
      path: `/certificates/${id}/definitions/${definition.id}/file?format=${format}`,
    })),
  );
  return (
    <>
      <MenuTrigger>
        <Button className="button">{view.exportCertificate}</Button>
        <Popover>
          <Menu className="menu">
            {files.map(({ key, label, path }) => (
              <MenuItem key={key} className="menu-item" onAction={() => void fetchFile(path)}>
                {label}
              </MenuItem>
            ))}
          </Menu>
        </Popover>
      </MenuTrigger>
      <MenuTrigger>
        <Button className="button">{view.export}</Button>
        <Popover>
          <Menu className="menu">
            {ARCHIVES.map((format) => (
              <MenuItem
                key={format}
                className="menu-item"
                onAction={() => void fetchFile(`/export?certificate=${id}&format=${format}`)}
              >
                {format.toUpperCase()}
              </MenuItem>
            ))}
          </Menu>
        </Popover>
      </MenuTrigger>
      {failure && <FailureNotice failure={failure} />}
    </>
  );
}

function Definitions({ certificate: { definitions } }: { readonly certificate: Stored }) {
  const { definition } = useStrings();
  return definitions.map(({ id, alias, environments, source, url, content }) => (
    <section key={id} className="panel" aria-label={alias}>
      <div>
        <h2>{alias}</h2>
        <p className="soft">
          {environments.map(({ title }) => title).join(', ')} · {definition.sources[source]}
          {url !== null && ` · ${url}`}
        </p>
      </div>
      <ContentFields content={content} />
    </section>
  ));
}

function Environments({ certificate: { deployments } }: { readonly certificate: Stored }) {
  const { list, view, progress } = useStrings();
  return (
    <div className="table">
      <table className="list">
        <thead>
          <tr>
            <th scope="col">{list.environment}</th>
            <th scope="col">{list.state}</th>
            <th scope="col">{view.written}</th>
            <th scope="col">{view.liveIn}</th>
            <th scope="col">{view.linked}</th>
          </tr>
        </thead>
        <tbody>
          {deployments.map((deployment) => (
            <tr key={deployment.environment.name}>
              <td>{deployment.environment.title}</td>
              <td data-label={list.state}>
                <LiveState of={deployment} />
              </td>
              <td data-label={view.written}>{progress.of(deployment.written, deployment.hosts)}</td>
              <td data-label={view.liveIn}>{progress.of(deployment.live, deployment.jvms)}</td>
              <td data-label={view.linked}>{deployment.jwkCount}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ImpactTab({ id }: { readonly id: string }) {
  const { shell } = useStrings();
  const { answer, failure, again } = useQuery(IMPACT, { id });
  if (failure) return <FailureNotice failure={failure} again={again} />;
  const impact = answer?.certificate?.impact;
  return <div className="panel">{impact ? <Impact impact={impact} /> : <p>{shell.loading}</p>}</div>;
}
