import { expect, test } from '@jest/globals';
import { environmentKinds } from '@trustcast/schema';
import type { NatsAgent } from '../sql/read-nats-agents.js';
import { permissionsOf } from './permissions.js';
import { usersText } from './users-text.js';

const INSTALLATION = '00000000-0000-4000-8000-000000000001';
const agent = (kind: string): NatsAgent => ({
  id: '00000000-0000-4000-8000-000000000003',
  publicKey: { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) },
  environment: 'apimanager',
  kind: kind as NatsAgent['kind'],
  endsInMs: null,
});

test.each(environmentKinds)('an agent of a %s environment has rights', (kind) => {
  expect(permissionsOf(INSTALLATION, agent(kind)).subscribe).not.toEqual([]);
});

test('an agent of a kind of environment that this release does not know has no right at all', () => {
  expect(permissionsOf(INSTALLATION, agent('AUDITOR'))).toEqual({ publish: [], subscribe: [] });
  expect(usersText(INSTALLATION, { user: 'service', password: 'x' }, [agent('AUDITOR')])).toContain(
    '"permissions":{"publish":{"deny":[">"]},"subscribe":{"deny":[">"]}}',
  );
});
