import type { ReactNode } from 'react';

export type Tone = 'good' | 'warn' | 'bad' | 'plain';

/** A state in words; the colour says the same once more. */
export function Pill({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return (
    <span className="pill" data-tone={tone}>
      {children}
    </span>
  );
}
