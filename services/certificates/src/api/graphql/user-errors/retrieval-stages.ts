import { registerEnumType } from 'type-graphql';
import type { RetrievalStage } from '../../../features/records/refusal-details.js';

export const RetrievalStages = {
  RESOLVE: 'RESOLVE',
  POLICY: 'POLICY',
  CONNECT: 'CONNECT',
  TLS: 'TLS',
  PARSE: 'PARSE',
} as const satisfies { [Stage in RetrievalStage]: Stage };
registerEnumType(RetrievalStages, {
  name: 'RetrievalStage',
  description: 'Stage that a retrieval reached.',
  valuesConfig: {
    RESOLVE: { description: 'Resolving the host name.' },
    POLICY: { description: 'Comparing the addresses with the refused ranges.' },
    CONNECT: { description: 'Connecting, through the proxy if one is set.' },
    TLS: { description: 'The TLS handshake, after StartTLS for LDAP.' },
    PARSE: { description: 'Reading what the server presented.' },
  },
});
