import { connect } from '@nats-io/transport-node';
import { createLog } from '@trustcast/config';
import { keyFromJwk, subjectsOf, verifyStatement } from '@trustcast/schema';
import { Distribution } from '../agents/host/dist/src/distribution/distribution.js';
import { Standing } from '../agents/host/dist/src/distribution/standing.js';

/**
 * Some of the fleet. Takes its setting as the first message, answers when all agents listen, and then, for each change,
 * when the last of them has applied it (`at`: nanoseconds of the machine's monotonic clock).
 */
process.once('message', async (/** @type {any} */ { url, agents, environment, scope, signingKey, whole }) => {
  const keys = new Map([[signingKey.kid, keyFromJwk(signingKey.jwk)]]);
  const first = Buffer.from(whole, 'base64');
  let applied = 0;
  const connections = [];
  for (let index = 0; index < agents; index++) {
    const distribution = new Distribution(
      {
        scope,
        verify: (compact) => verifyStatement(compact, keys),
        takeKeys: () => undefined,
        isBelieved: () => true,
        signedAgain: () => undefined,
        pull: async () => first,
        heartbeat: () => Promise.reject(new Error('nobody asks for it')),
        commit: () => {
          applied += 1;
          if (applied % agents === 0) process.send?.({ at: String(process.hrtime.bigint()) });
        },
        keyUnknown: () => undefined,
        clockDoubtful: () => undefined,
        serviceBehind: () => undefined,
        changed: () => undefined,
        log: createLog('silent'),
      },
      new Standing(null, null, null),
    );
    distribution.noteRegistration({});
    const connection = await connect({ servers: url });
    connection.subscribe(subjectsOf(scope.installation).changed(environment), {
      callback: (_error, { data }) => distribution.receive(data, 'changed'),
    });
    await connection.flush();
    distribution.start();
    connections.push(connection);
  }
  process.once('disconnect', async () => {
    await Promise.all(connections.map((connection) => connection.close()));
    process.exit();
  });
});
