import { USER_ERRORS, changeCertificate } from '../change-certificate.js';
import { RefusedError } from '../errors.js';
import type { Service } from '../service.js';
import type { Change } from './plan.js';
import { makeTogether } from './make-together.js';
import { mapSome } from './map-some.js';

export interface Outcome {
  readonly change: Change;
  /** Why it was not made; null: it was. */
  readonly refusal: string | null;
  readonly warnings: readonly string[];
}

const AT_A_TIME = 4;
/** What another change of the same plan may put right. */
const IN_THE_WAY = new Set(['ALIAS_TAKEN', 'DUPLICATE_CERTIFICATE']);

/**
 * Makes the changes: environments first, deletions last, unless what is deleted is in the way of what is made. Updates that
 * are in each other's way are made at once. Nothing is deleted when something else was refused.
 */
export async function makeChanges(
  service: Service,
  changes: readonly Change[],
  tell: (text: string) => void,
): Promise<readonly Outcome[]> {
  const outcomes = new Map<Change, Outcome>();
  const make = async (wanted: readonly Change[]): Promise<Change[]> => {
    const blocked: Change[] = [];
    await mapSome(wanted, AT_A_TIME, async (change) => {
      const { code, ...outcome } = await makeOne(service, change);
      outcomes.set(change, outcome);
      if (IN_THE_WAY.has(code)) blocked.push(change);
      else tell(`${outcome.refusal === null ? 'done' : 'refused'}: ${change.action} ${change.kind} ${change.name}`);
    });
    return blocked;
  };
  const due = changes.filter(({ input }) => input !== null);
  await make(due.filter(({ kind }) => kind === 'environment'));
  const isDeletion = ({ action }: Change) => action === 'delete';
  let deletions = due.filter(isDeletion);
  let open = due.filter((change) => change.kind === 'certificate' && !isDeletion(change));
  for (;;) {
    const blocked = await make(open);
    const together = blocked.length < open.length ? new Map<Change, string[]>() : await makeTogether(service, blocked);
    for (const [change, warnings] of together) {
      outcomes.set(change, { change, refusal: null, warnings });
      tell(`done: ${change.action} ${change.kind} ${change.name}`);
    }
    const progress = blocked.length < open.length || together.size > 0;
    open = blocked.filter((change) => !together.has(change));
    if (open.length > 0 && progress) continue;
    const refused = [...outcomes.values()].filter(({ change, refusal }) => refusal !== null && !open.includes(change));
    if (deletions.length === 0) break;
    if (refused.length > 0) {
      for (const change of deletions)
        outcomes.set(change, { change, refusal: 'not tried: something else was refused', warnings: [] });
      break;
    }
    await make(deletions);
    deletions = [];
    if (open.length === 0) break;
  }
  return changes.map((change) => outcomes.get(change) ?? { change, refusal: null, warnings: [] });
}

interface Payload {
  readonly warnings?: readonly { readonly code: string; readonly message: string }[];
}

async function makeOne(service: Service, change: Change): Promise<Outcome & { readonly code: string }> {
  const { action, kind, name, input, decision } = change;
  const type = `${action}${kind === 'environment' ? 'Environment' : 'Certificate'}`;
  const mutation = `mutation ($input: ${type.charAt(0).toUpperCase()}${type.slice(1)}Input!) {
    payload: ${type}(input: $input) {
      ${kind === 'certificate' ? `warnings { code message } ${USER_ERRORS}` : 'userErrors { code message field }'} } }`;
  try {
    const { warnings = [] } =
      kind === 'certificate'
        ? await changeCertificate<Payload>(service, mutation, input ?? {}, { name, decision })
        : await service.change<Payload>(mutation, input ?? {});
    return { change, refusal: null, warnings: warnings.map(({ code, message }) => `${code}: ${message}`), code: '' };
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return { change, refusal: error.message, warnings: [], code: error.code };
  }
}
