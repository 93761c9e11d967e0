import { Int } from 'type-graphql';
import type { DetailKind, DetailValues } from '../../../features/records/refusal-details.js';
import { Certificate } from '../certificates/certificate.js';
import type { Context } from '../context.js';
import { JwkChoice, jwkChoices } from '../jwks/jwk-choice.js';
import { JwkDecision } from '../jwks/jwk-decision-input.js';
import { Jwk } from '../jwks/jwk.js';
import { instance } from '../shape/instance.js';
import { loadNode } from '../shape/load-node.js';
import { Node } from '../shape/node.js';
import { RetrievalStages } from './retrieval-stages.js';

/** How GraphQL shows a detail of a refusal. */
export interface DetailField<Value> {
  readonly type: () => object;
  /** Turns what the refusal carries into what is shown; without it that is the same. */
  readonly show?: (value: Value) => unknown;
  /** Reads the object whose id the refusal carries, when it is asked for. */
  readonly load?: (context: Context, id: Value) => unknown;
}

export const DETAIL_FIELDS: { readonly [Kind in DetailKind]: DetailField<DetailValues[Kind]> } = {
  text: { type: () => String },
  texts: { type: () => [String] },
  number: { type: () => Int },
  retrievalStage: { type: () => RetrievalStages },
  certificate: { type: () => Certificate, show: (record) => instance(Certificate, record) },
  jwk: { type: () => Jwk, show: (record) => instance(Jwk, record) },
  jwks: { type: () => [Jwk], show: (records) => records.map((record) => instance(Jwk, record)) },
  jwkDecisions: { type: () => [JwkDecision] },
  jwkChoices: { type: () => [JwkChoice], show: jwkChoices },
  certificateId: { type: () => Certificate, load: ({ certificates }, id) => certificates.load(id) },
  jwkId: { type: () => Jwk, load: ({ jwks }, id) => jwks.load(id) },
  nodeId: { type: () => Node, load: (context, id) => (id === null ? null : loadNode(context, id)) },
};
