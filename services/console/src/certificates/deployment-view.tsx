import { useStrings } from '../strings/strings.js';
import { DeploymentProgress } from './deployment-progress.js';

export default function DeploymentView({ id }: { readonly id: string }) {
  const { progress } = useStrings();
  return (
    <div className="view">
      <h1>{progress.title}</h1>
      <DeploymentProgress id={id} />
    </div>
  );
}
