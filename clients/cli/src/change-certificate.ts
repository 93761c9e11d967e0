import { randomUUID } from 'node:crypto';
import { RefusedError, type UserError } from './errors.js';
import type { Operation } from './service/operation.js';
import type { Service } from './service/service.js';

/** What may become of the JWKs that follow a certificate which is changed or deleted. */
export const JWK_DECISIONS = ['UPDATE', 'DISCONNECT', 'DELETE_JWKS'] as const;
export type JwkDecision = (typeof JWK_DECISIONS)[number];

/** What the service asks before it changes a certificate that JWKs follow. */
export interface JwkQuestion extends UserError {
  readonly jwks: readonly { readonly id: string; readonly name: string }[];
  readonly options: readonly string[];
}

/** What a mutation of a certificate has to ask for, for {@link changeCertificate}. */
export const USER_ERRORS = `userErrors { code message field ... on JwkDecisionRequired { jwks { id name } options } }`;

/**
 * Makes a change of a certificate. A decision about its JWKs is given when the service asks for one, for the JWKs that it
 * names then; without one the change is not made.
 *
 * @throws RefusedError, ServiceError
 */
export async function changeCertificate<Payload extends { readonly userErrors: readonly UserError[] }>(
  service: Service,
  mutation: Operation<{ readonly payload: Payload }>,
  input: Readonly<Record<string, unknown>>,
  { name, decision }: { readonly name: string; readonly decision: JwkDecision | null },
): Promise<Payload> {
  try {
    return await service.change(mutation, { ...input, idempotencyKey: randomUUID() });
  } catch (error) {
    const question = error instanceof RefusedError && error.userErrors.find(isQuestion);
    if (!question) throw error;
    if (decision === null)
      throw new RefusedError([
        {
          ...question,
          message: `${questionText(question.jwks)}: decide with ${question.options.map((option) => `--jwks ${option}`).join(' or ')}`,
        },
      ]);
    const jwkDecision = { decision, jwkIds: question.jwks.map(({ id }) => id) };
    return service.change(mutation, {
      ...input,
      jwkDecision,
      confirmName: name,
      idempotencyKey: randomUUID(),
    });
  }
}

/** What the service asks, for a terminal: its own message is a question that a screen shows above buttons. */
export function questionText(jwks: JwkQuestion['jwks']): string {
  const [one, ...more] = jwks.map(({ name }) => name);
  return more.length === 0
    ? `the JWK ${one ?? ''} was made from it`
    : `the JWKs ${[one, ...more].join(', ')} were made from it`;
}

export function isQuestion(error: UserError): error is JwkQuestion {
  return error.code === 'JWK_DECISION_REQUIRED';
}
