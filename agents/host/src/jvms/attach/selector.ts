/** Selects JVMs to attach. Without a selector none is attached. */
export type Selector =
  | { readonly kind: 'uid'; readonly uid: number }
  | { readonly kind: 'pid'; readonly pid: number }
  | { readonly kind: 'command'; readonly text: string };

/** Reads `uid=1000`, `pid=4242` or `command=<part of the command line>`; undefined when it is none of them. */
export function parseSelector(text: string): Selector | undefined {
  const [, kind, value] = /^(uid|pid|command)=(.+)$/s.exec(text.trim()) ?? [];
  if (kind === undefined || value === undefined) return undefined;
  if (kind === 'command') return { kind, text: value };
  if (!/^(0|[1-9]\d{0,9})$/.test(value)) return undefined;
  return kind === 'uid' ? { kind, uid: Number(value) } : { kind: 'pid', pid: Number(value) };
}

export function isSelected(
  selectors: readonly Selector[],
  process: { readonly pid: number; readonly uid: number; readonly command: readonly string[] },
): boolean {
  return selectors.some((selector) => {
    switch (selector.kind) {
      case 'uid':
        return process.uid === selector.uid;
      case 'pid':
        return process.pid === selector.pid;
      case 'command':
        return process.command.join(' ').includes(selector.text);
    }
  });
}
