/** Result of one check. A `problem` needs somebody to act, a `notice` is for information. */
export interface Finding {
  readonly check: string;
  readonly verdict: 'ok' | 'notice' | 'problem';
  readonly detail: string;
}

export const ok = (check: string, detail: string): Finding => ({ check, verdict: 'ok', detail });
export const notice = (check: string, detail: string): Finding => ({ check, verdict: 'notice', detail });
export const problem = (check: string, detail: string): Finding => ({ check, verdict: 'problem', detail });
