import { randomUUID } from 'node:crypto';
import { type JwkDecision, type JwkQuestion, isQuestion, questionText } from '../change-certificate.js';
import { RefusedError, type UserError, userErrorText } from '../errors.js';
import type { Service } from '../service/service.js';
import type { Change } from './plan.js';
import type { ChangeCertificatesMutation } from '../service/answer-types.js';
import { operation } from '../service/operation.js';

export interface Outcome {
  readonly change: Change;
  /** Why it was not made; null: it was made, or there was nothing to make. */
  readonly refusal: string | null;
  readonly warnings: readonly string[];
}

export interface MakeOptions {
  readonly owner: string | null;
  readonly takeOver: boolean;
  readonly dryRun: boolean;
  readonly confirmIssuerList: boolean;
}

/** Facts that messages add to those of the service. */
interface MessageFacts {
  /** Names of the environments that there are. */
  readonly environments: readonly string[];
}

export interface Made {
  readonly outcomes: readonly Outcome[];
  /** Of no change in particular. */
  readonly warnings: readonly string[];
}

const CHANGE = operation(
  'ChangeCertificates',
  `mutation ($input: ChangeCertificatesInput!) {
  payload: changeCertificates(input: $input) {
    warnings { code message field }
    userErrors { code message field ... on JwkDecisionRequired { jwks { id name } options } }
  }
}`,
);
const NOT_MADE = 'not made: something else was refused, and a manifest is applied as a whole or not at all';

/**
 * Makes all changes in one transaction, or none. The service is asked in a dry run too: what it would refuse is known
 * then, and nothing is made.
 *
 * @throws ServiceError
 */
export async function makeChanges(
  service: Service,
  changes: readonly Change[],
  options: MakeOptions,
  known: MessageFacts,
): Promise<Made> {
  const lists = {
    environments: changes.filter(({ kind, input }) => kind === 'environment' && input !== null),
    creates: changes.filter(({ kind, action }) => kind === 'certificate' && action === 'create'),
    updates: changes.filter(({ kind, action }) => kind === 'certificate' && action === 'update'),
    deletions: changes.filter(({ action }) => action === 'delete'),
  };
  const due = Object.values(lists).flat();
  const untold = (outcomes: readonly Outcome[]): Made => ({ outcomes, warnings: [] });
  if (due.length === 0) return untold(changes.map((change) => ({ change, refusal: null, warnings: [] })));
  const addressee = ({ field }: UserError): Change | undefined =>
    Object.entries(lists).find(([list]) => list === field?.[0])?.[1][Number(field?.[1])];
  try {
    const { warnings } = await send(service, lists, options, addressee);
    const warningsOf = (change: Change | undefined) =>
      warnings.filter((warning) => addressee(warning) === change).map(({ code, message }) => `${code}: ${message}`);
    return {
      outcomes: changes.map((change) => ({ change, refusal: null, warnings: warningsOf(change) })),
      warnings: warningsOf(undefined),
    };
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const { userErrors } = error;
    const general = userErrors.filter((userError) => !addressee(userError)).map(userErrorText);
    const refusals = changes.map((change) => {
      const own = userErrors
        .filter((userError) => addressee(userError) === change)
        .map((userError) => messageOf(userError, change, known));
      const refusal = [...own, ...general].join('; ') || NOT_MADE;
      return { change, refusal: due.includes(change) ? refusal : null, warnings: [] };
    });
    return untold(refusals);
  }
}

type Lists = Readonly<Record<'environments' | 'creates' | 'updates' | 'deletions', readonly Change[]>>;

/** Decisions about JWKs are given for those that the service asks about, where somebody has decided. */
async function send(
  service: Service,
  lists: Lists,
  options: MakeOptions,
  addressee: (userError: UserError) => Change | undefined,
): Promise<ChangeCertificatesMutation['payload']> {
  const decided = new Map<Change, object>();
  const inputOf = (change: Change) => ({ ...change.input, ...decided.get(change) });
  for (;;) {
    const input = {
      ...Object.fromEntries(Object.entries(lists).map(([list, items]) => [list, items.map(inputOf)])),
      ...options,
      idempotencyKey: randomUUID(),
    };
    try {
      return await service.change(CHANGE, input);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      const answers = error.userErrors.map((userError): [Change, object] | null => {
        const change = addressee(userError);
        if (!isQuestion(userError) || change?.decision == null || decided.has(change)) return null;
        return [change, decisionInput(userError, change.decision, change.name)];
      });
      if (!answers.every((answer) => answer !== null)) throw error;
      for (const [change, answer] of answers) decided.set(change, answer);
    }
  }
}

function decisionInput({ jwks }: JwkQuestion, decision: JwkDecision, name: string): object {
  return { jwkDecision: [{ decision, jwkIds: jwks.map(({ id }) => id) }], confirmName: name };
}

function messageOf(userError: UserError, { name, action }: Change, { environments }: MessageFacts): string {
  if (isQuestion(userError)) {
    const options = userError.options.map((option) => `--jwks ${quoted(`${name}=${option}`)}`).join(' or ');
    const inFile = action === 'delete' ? '' : ', or jwks: in the file';
    return `${userError.code}: ${questionText(userError.jwks)}: decide with ${options}${inFile}`;
  }
  const text = userErrorText({ ...userError, field: userError.field?.slice(2) ?? null });
  return userError.code === 'ENVIRONMENT_NOT_FOUND' ? `${text}; there are ${environments.join(', ')}` : text;
}

/** As a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w.=@:/-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
