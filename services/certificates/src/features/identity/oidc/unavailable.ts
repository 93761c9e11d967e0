import { TrustcastError } from '@trustcast/schema';

/** The keys of an identity provider cannot be read: whether a token is valid cannot be said. */
export class IdentityProviderUnavailableError extends TrustcastError {
  constructor(issuer: string, cause?: unknown) {
    super(
      'IDENTITY_PROVIDER_UNAVAILABLE',
      `the identity provider ${issuer} is not available at the moment: try again`,
      {
        cause,
        retryable: true,
      },
    );
  }
}
