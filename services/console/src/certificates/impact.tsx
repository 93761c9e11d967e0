import type { ImpactQuery } from '../api/answer-types.js';
import { useStrings } from '../strings/strings.js';

export type ImpactOf = NonNullable<ImpactQuery['certificate']>['impact'];

/** Whom a deletion reaches, and who would go on trusting the certificate. */
export function Impact({ impact }: { readonly impact: ImpactOf }) {
  const { confirm, count } = useStrings();
  return (
    <section className="stack tight" aria-label={confirm.impact}>
      <h3>{confirm.impact}</h3>
      {impact.map(({ environment, hosts, jvms, jvmsWithBase, unreachable }) => (
        <div key={environment.name}>
          <strong>{environment.title}</strong>
          <p>{confirm.reaches(count.hosts(hosts), count.jvms(jvms))}</p>
          {jvmsWithBase > 0 && <p className="warning">{confirm.keepTrusting(count.jvms(jvmsWithBase))}</p>}
          {unreachable > 0 && <p className="warning">{confirm.away(count.hosts(unreachable))}</p>}
        </div>
      ))}
    </section>
  );
}
