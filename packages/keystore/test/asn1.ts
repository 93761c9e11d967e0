/** DER for tests that make files by hand. */
export * from '../src/asn1/asn1-encode.js';
