export { type HttpErrorCode, HttpError } from './errors.js';
export { type HttpAnswer, type HttpLimits, type HttpRequest, HttpClient } from './http-client.js';
export { parseAuthorities, trustedAuthorities } from './trusted-authorities.js';
