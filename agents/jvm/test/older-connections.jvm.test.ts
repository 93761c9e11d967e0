import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { findJvms } from './jdks.js';
import { release } from './release.js';
import { World } from './world.js';

let world: World;
/** By default, from the start. */
let trusting: string[];

beforeAll(async () => {
  world = await World.create();
  const own = world.path('own.p12');
  await world.lab.do('store', own, 'partner=partner', 'other=other');
  trusting = [`-Djavax.net.ssl.trustStore=${own}`];
});

afterEach(async () => world.stopSubjects());

afterAll(async () => world.close());

describe.each(findJvms())('JDK $major', (jdk) => {
  test('a JVM says how many connections of before the last removal it still holds, after an upgrade too', async () => {
    const port = await world.serve('partner');
    await world.deploy('partner-ca=partner');
    const jar = release(world, '7.0.0', world.path('agent.jar'));
    const subject = await world.subject(jdk, 'none');
    await world.attach(subject, `dir=${world.directory}`, jar);
    await world.until(subject, ({ state }) => state === 'LIVE');
    for (const name of ['one', 'two']) await subject.do('keep', name, port);
    expect(world.status(subject)?.olderConnections).toBeNull();

    await world.untilLive(subject, await world.deploy('partner-ca=partner', 'other-ca=other'));
    expect(world.status(subject)?.olderConnections).toBeNull();
    await world.untilLive(subject, await world.deploy('partner-ca=partner'));
    await world.until(subject, ({ olderConnections }) => olderConnections === 2);
    await subject.do('keep', 'three', port);
    release(world, '7.0.1', jar);
    await world.attach(subject, `dir=${world.directory}`, jar);
    await world.until(
      subject,
      ({ agentVersion, olderConnections }) => agentVersion === '7.0.1' && olderConnections === 2,
    );

    expect(await subject.ask('call', 'one', port, '/close')).toMatch(/^ok/);
    await world.until(subject, ({ olderConnections }) => olderConnections === 1);
  });

  test('connections of before the agent came are never a false 0: the number is said to be a lower bound', async () => {
    const port = await world.serve('partner');
    await world.deploy('partner-ca=partner');
    const subject = await world.subject(jdk, 'none', trusting);
    for (const name of ['one', 'two']) await subject.do('keep', name, port);
    await world.attach(subject);
    await world.until(subject, ({ state }) => state === 'LIVE');
    expect(world.status(subject)?.partial).toEqual([]);
    await subject.do('keep', 'three', port);
    await world.untilLive(subject, await world.deploy());
    const { olderConnections, partial } = await world.until(subject, (status) => status.olderConnections !== null);
    expect([olderConnections, partial]).toEqual([1, ['olderConnections']]);
  });

  test.each(['premain', 'agentmain'] as const)(
    'the number is complete where the agent came before the first connection (%s)',
    async (via) => {
      const port = await world.serve('partner');
      await world.deploy('partner-ca=partner');
      const subject = await world.subject(jdk, via === 'premain' ? via : 'none');
      if (via === 'agentmain') await world.attach(subject);
      await world.until(subject, ({ state }) => state === 'LIVE');
      await subject.do('keep', 'one', port);
      await world.untilLive(subject, await world.deploy());
      const { olderConnections, partial } = await world.until(subject, (status) => status.olderConnections !== null);
      expect([olderConnections, partial]).toEqual([1, []]);
    },
  );

  test('with cut=true a connection of before the agent counts from the first time that it sends', async () => {
    const port = await world.serve('other');
    await world.deploy('partner-ca=partner', 'other-ca=other');
    const subject = await world.subject(jdk, 'none', trusting);
    await subject.do('keep', 'one', port);
    await world.attach(subject, `dir=${world.directory},cut=true`);
    await world.until(subject, ({ state }) => state === 'LIVE');
    await world.untilLive(subject, await world.deploy('other-ca=other'));
    expect(await subject.ask('call', 'one', port, '/keep')).toMatch(/^ok/);
    await world.until(subject, ({ olderConnections }) => olderConnections === 1);
  });
});
