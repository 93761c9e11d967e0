import { useEffect, useState } from 'react';
import type { EnvironmentsQuery } from '../api/answer-types.js';
import { useStrings } from '../strings/strings.js';

const TYPED_MS = 120;

interface ValueProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** Asks when typing pauses. */
export function SearchField({ value, onChange, label, hint }: ValueProps & { label: string; hint: string }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), TYPED_MS);
    return () => clearTimeout(timer);
  });
  return (
    <label className="field">
      <span>{label}</span>
      <input type="search" value={text} placeholder={hint} onChange={({ target }) => setText(target.value)} />
    </label>
  );
}

/** @param all whether all environments together can be chosen */
export function EnvironmentField({
  value,
  onChange,
  environments,
  all = false,
}: ValueProps & { readonly environments: EnvironmentsQuery['environments']; readonly all?: boolean }) {
  const { list } = useStrings();
  return (
    <label className="field">
      <span>{list.environment}</span>
      <select value={value} onChange={({ target }) => onChange(target.value)}>
        {all && <option value="">{list.allEnvironments}</option>}
        {environments.map(({ name, title }) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}
