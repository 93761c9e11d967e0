import { useState } from 'react';
import { Button } from 'react-aria-components';
import { useStrings } from '../strings/strings.js';

/** Copies a text. @param of what it is, for who cannot see where the button stands */
export function CopyButton({ text, of }: { readonly text: string; readonly of: string }) {
  const { shell } = useStrings();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  return (
    <Button className="button quiet small" aria-label={`${shell.copy}: ${of}`} onPress={() => void copy()}>
      <span role="status">{copied ? shell.copied : shell.copy}</span>
    </Button>
  );
}
