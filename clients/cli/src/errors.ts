import { TrustcastError } from '@trustcast/schema';

/** The command line, or a file that it names, cannot be used. Exit code 64. */
export class UsageError extends TrustcastError {
  constructor(message: string) {
    super('USAGE', message);
  }
}

/** The service cannot be reached or did not answer as it should. */
export class ServiceError extends TrustcastError {
  constructor(code: string, message: string, options: { cause?: unknown; retryable?: boolean } = {}) {
    super(code, message, options);
  }
}

/** The service refused what was asked for. */
export class RefusedError extends TrustcastError {
  readonly userErrors: readonly UserError[];

  constructor(userErrors: readonly UserError[]) {
    super(userErrors[0]?.code ?? 'REFUSED', userErrors.map(userErrorText).join('\n'));
    this.userErrors = userErrors;
  }
}

export interface UserError {
  readonly code: string;
  readonly message: string;
  readonly field?: readonly string[] | null;
}

/** Inputs of the API that messages name, and the options that set them. */
const OPTIONS: Readonly<Record<string, string>> = {
  confirmIssuerList: '--confirm-issuer-list',
  confirmUnknown: '--confirm-unknown',
  retrust: '--retrust',
  takeOver: '--take-over',
};

/** One line for people: what is wrong, and with what. Options stand in it as they are typed. */
export function userErrorText({ code, message, field }: UserError): string {
  const text = `${field?.length ? `${field.join('.')}: ` : ''}${message}`;
  const typed = text.replace(/`?\b([a-z]+[A-Z][A-Za-z]+|retrust)\b`?/g, (word, name: string) => OPTIONS[name] ?? word);
  return `${code}: ${typed}`;
}
