import { statSync } from 'node:fs';
import type { Config } from '../../config.js';
import { baseFileOf } from '../../truststore/base.js';

/**
 * Users whose JVMs may report an entry as unreadable where the base has no JDK to ask: root, the agent's own user, users that
 * a selector names, and the owner of the base. The JDK that they run is asked. A command line proves nothing: everybody may start
 * a process with it, and the pid of a JVM that ended may be reused.
 */
export function trustedUsers({ attach, base }: Pick<Config, 'attach' | 'base'>): ReadonlySet<number> {
  const named = attach.flatMap((selector) => (selector.kind === 'uid' ? [selector.uid] : []));
  return new Set([0, process.geteuid?.() ?? 0, ...named, ...ownerOfBase(base)]);
}

function ownerOfBase(base: Config['base']): number[] {
  try {
    const file = baseFileOf(base);
    return file === null ? [] : [statSync(file).uid];
  } catch {
    return [];
  }
}
