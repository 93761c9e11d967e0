import type { ParseMutation } from '../api/answer-types.js';
import { DaysLeft } from '../parts/days-left.js';
import { useStrings } from '../strings/strings.js';

export type Found = ParseMutation['payload']['certificates'][number];

interface FoundTreeProps {
  readonly legend: string;
  readonly found: readonly Found[];
  readonly chosen: string | null;
  readonly onChosen: (found: Found) => void;
}

/** Certificates below those that issued them, each with its warnings; one of them can be chosen. */
export function FoundTree(props: FoundTreeProps) {
  const roots = props.found.filter((one) => issuerOf(one, props.found) === undefined);
  return (
    <fieldset>
      <legend>{props.legend}</legend>
      <Branches {...props} branches={roots} className="tree" />
    </fieldset>
  );
}

function issuerOf(one: Found, found: readonly Found[]): Found | undefined {
  const { content } = one;
  return found.find((other) => other !== one && content !== null && other.content?.subject === content.issuer);
}

function Branches({
  branches,
  className,
  ...props
}: FoundTreeProps & { readonly branches: readonly Found[]; readonly className?: string }) {
  return (
    <ul className={className}>
      {branches.map((one, index) => {
        const issued = props.found.filter((other) => issuerOf(other, props.found) === one);
        return (
          <li key={one.fingerprint ?? index}>
            <Choice {...props} one={one} />
            {issued.length > 0 && <Branches {...props} branches={issued} />}
          </li>
        );
      })}
    </ul>
  );
}

function Choice({ one, chosen, onChosen }: FoundTreeProps & { readonly one: Found }) {
  const { definition } = useStrings();
  const { content, fingerprint, warnings, userErrors } = one;
  return (
    <label className="choice">
      <input
        type="radio"
        name="found"
        disabled={!content}
        checked={fingerprint !== null && chosen === fingerprint}
        onChange={() => onChosen(one)}
      />
      <span className="stack tight">
        <strong>{content?.subject ?? definition.refused}</strong>
        {content && <DaysLeft days={content.daysLeft} notAfter={content.notAfter} />}
        {userErrors.map(({ message }) => (
          <span key={message} className="problem">
            {message}
          </span>
        ))}
        {warnings.map(({ code, message }) => (
          <span key={code} className="warning">
            {message}
          </span>
        ))}
      </span>
    </label>
  );
}
