/** Why a request has no answer. `UNAUTHENTICATED`: the token is not accepted; `UNREACHABLE`: no answer came. */
export class RequestFailure extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'RequestFailure';
    this.code = code;
  }
}
