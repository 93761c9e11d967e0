import type { CertificateRecord } from './certificate-record.js';
import type { JwkChoice } from './jwk-question.js';
import type { JwkDecision, JwkRecord } from './jwk-record.js';

/** How far a retrieval came. */
export type RetrievalStage = 'RESOLVE' | 'POLICY' | 'CONNECT' | 'TLS' | 'PARSE';

/** The value of a detail, by what it is. */
export interface DetailValues {
  text: string;
  texts: readonly string[];
  number: number;
  retrievalStage: RetrievalStage;
  certificate: CertificateRecord;
  jwk: JwkRecord;
  jwks: readonly JwkRecord[];
  jwkDecisions: readonly JwkDecision[];
  jwkChoices: readonly JwkChoice[];
  /** Shown as the object that has the id, under the name without `Id`. */
  certificateId: string;
  jwkId: string;
  /** null: none that could be shown. */
  nodeId: string | null;
}
export type DetailKind = keyof DetailValues;

/** A member of a refusal. */
export interface Detail<Kind extends DetailKind = DetailKind> {
  readonly kind: Kind;
  readonly description: string;
}

const detail =
  <Kind extends DetailKind>(kind: Kind) =>
  (description: string): Detail<Kind> => ({ kind, description });

export const text = detail('text');
export const texts = detail('texts');
export const number = detail('number');
export const retrievalStage = detail('retrievalStage');
export const certificate = detail('certificate');
export const jwk = detail('jwk');
export const jwks = detail('jwks');
export const jwkDecisions = detail('jwkDecisions');
export const jwkChoices = detail('jwkChoices');
export const certificateId = detail('certificateId');
export const jwkId = detail('jwkId');
export const nodeId = detail('nodeId');
