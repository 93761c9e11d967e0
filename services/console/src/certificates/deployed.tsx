import { useStrings } from '../strings/strings.js';
import { Link } from '../shell/router.js';
import { DeploymentProgress } from './deployment-progress.js';

export interface Change {
  readonly changed: boolean;
  readonly certificate: { readonly id: string; readonly name: string } | null;
  readonly deployment: { readonly id: string } | null;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

/** What came of Save and Deploy: the warnings, and the way to the JVMs. */
export function Deployed({ change, title }: { readonly change: Change; readonly title: string }) {
  const { create } = useStrings();
  const { certificate, deployment, warnings } = change;
  return (
    <div className="view">
      <h1>{certificate?.name}</h1>
      <p className="notice" data-tone="good" role="status">
        {change.changed ? title : create.unchanged}
      </p>
      {warnings.map(({ code, message }) => (
        <p key={code + message} className="notice" data-tone="warn">
          {message}
        </p>
      ))}
      {deployment && <DeploymentProgress id={deployment.id} />}
      {certificate && (
        <div>
          <Link className="button" to={`/certificates/${certificate.id}`}>
            {create.show}
          </Link>
        </div>
      )}
    </div>
  );
}
