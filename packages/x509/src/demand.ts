import { type JavaSafeRule, NotJavaSafeError } from './errors.js';

/** Throws {@link NotJavaSafeError} with `rule` unless `condition` holds. */
export function demand(condition: boolean, rule: JavaSafeRule, message: string): asserts condition {
  if (!condition) throw new NotJavaSafeError(rule, message);
}
