import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { findJvms } from './jdks.js';
import { release } from './release.js';
import { World } from './world.js';

let world: World;

beforeAll(async () => {
  world = await World.create();
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
});
