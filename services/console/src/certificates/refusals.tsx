import { useStrings } from '../strings/strings.js';

export interface Refusal {
  readonly message: string;
}

/** Why a change was refused; each says what to do. */
export function Refusals({ refusals }: { readonly refusals: readonly Refusal[] }) {
  const { create } = useStrings();
  return (
    <div role="alert">
      {refusals.length > 0 && (
        <div className="notice stack" data-tone="bad">
          <strong>{create.refused}</strong>
          {refusals.map(({ message }) => (
            <p key={message}>{message}</p>
          ))}
        </div>
      )}
    </div>
  );
}
