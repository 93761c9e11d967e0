import type { Caller } from '../../src/features/records/grants.js';
import { UNLIMITED } from '../../src/features/records/grants.js';

/** Somebody who may do everything. */
export const TEST_CALLER: Caller = {
  actor: 'test',
  name: 'test',
  kind: 'API_TOKEN',
  user: null,
  grants: UNLIMITED,
  expiresAt: null,
};
