import { lazy, type ReactNode, Suspense, useEffect, useSyncExternalStore } from 'react';
import { Button } from 'react-aria-components';
import { useSession } from '../api/session.js';
import { CertificateList } from '../certificates/certificate-list.js';
import type { Strings } from '../strings/en.js';
import { EnvironmentHistory, Environments } from '../environments/environments.js';
import { useStrings } from '../strings/strings.js';
import { LanguageChoice } from './language-choice.js';
import { Link, type Place, useRouter } from './router.js';

const Audit = lazy(() => import('../audit/audit.js'));
const Hosts = lazy(() => import('../hosts/hosts.js'));
const Jwks = lazy(() => import('../jwks/jwks.js'));
const Truststore = lazy(() => import('../truststore/truststore.js'));
const CreateCertificate = lazy(() => import('../certificates/create-certificate.js'));
const CertificateView = lazy(() => import('../certificates/certificate-view.js'));
const DeploymentView = lazy(() => import('../certificates/deployment-view.js'));
const EditCertificate = lazy(() => import('../certificates/edit-certificate.js'));

const SECTIONS: readonly (keyof Strings['sections'])[] = [
  'certificates',
  'jwks',
  'truststore',
  'hosts',
  'environments',
  'audit',
];

/** The view of an address; null: there is none. */
function viewOf({ path }: Place): ReactNode {
  const [, section, id, view] = path.split('/');
  if (path === '/' || path === '/certificates') return <CertificateList />;
  if (section === 'certificates' && id === 'new') return <CreateCertificate />;
  if (section === 'certificates' && id !== undefined)
    return view === 'edit' ? (
      <EditCertificate key={id} id={id} />
    ) : (
      <CertificateView key={id} id={id} tab={view ?? 'content'} />
    );
  if (section === 'environments')
    return id === undefined ? <Environments /> : <EnvironmentHistory key={id} name={id} />;
  if (id === undefined && section === 'jwks') return <Jwks />;
  if (id === undefined && section === 'truststore') return <Truststore />;
  if (id === undefined && section === 'hosts') return <Hosts />;
  if (id === undefined && section === 'audit') return <Audit />;
  if (section === 'deployments' && id !== undefined) return <DeploymentView key={id} id={id} />;
  return null;
}

/** What stands around every view: the sections, who has signed in, and whether the service is there. */
export function Navigation() {
  const { me, signOut } = useSession();
  const { shell, sections } = useStrings();
  const router = useRouter();
  const named = router.path.split('/')[1];
  const current = SECTIONS.find((name) => name === named) ?? 'certificates';
  const isCurrent = (name: string) => name === current;
  const view = viewOf(router);
  useEffect(() => {
    document.title = `${sections[current]} · Trustcast`;
  }, [current, sections]);
  return (
    <div className="shell">
      <a className="skip" href="#view">
        {shell.skip}
      </a>
      <header className="top">
        <Link to="/certificates" className="brand">
          Trustcast
        </Link>
        <nav aria-label={shell.sections}>
          <ul>
            {SECTIONS.map((name) => (
              <li key={name}>
                <Link to={`/${name}`} aria-current={isCurrent(name) ? 'page' : undefined}>
                  {sections[name]}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <div className="who">
          <span className="name" title={me.actor}>
            {me.name}
          </span>
          <LanguageChoice />
          <Button className="button quiet" onPress={signOut}>
            {shell.signOut}
          </Button>
        </div>
      </header>
      <Connection />
      <main id="view" tabIndex={-1}>
        <Suspense fallback={<p className="loading">{shell.loading}</p>}>
          {view ?? (
            <div className="empty">
              <h1>{shell.notFound}</h1>
              <p>{shell.notFoundLead}</p>
            </div>
          )}
        </Suspense>
      </main>
    </div>
  );
}

/** Says that what is shown may be old while the service does not answer. */
function Connection() {
  const { live } = useSession();
  const { shell } = useStrings();
  const state = useSyncExternalStore(live.onState, live.state);
  return (
    <div role="status" className="connection" data-state={state}>
      {state === 'RECONNECTING' && shell.reconnecting}
    </div>
  );
}
