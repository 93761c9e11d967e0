import { expect, test } from '@jest/globals';
import { ServiceClient } from '../../src/distribution/service-client.js';
import { doctor } from '../support/doctor.js';
import { useHost } from '../support/use-host.js';

const host = useHost();
const ANOTHER = /^SERVICE_IS_ANOTHER: what answers at .* is not Trustcast: correct TRUSTCAST_SERVICE_URL/;

/** Whatever is asked, this is answered. */
function answers(body: string): void {
  host.service.intercept = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(body);
    return true;
  };
}

test.each(['<html>Welcome</html>', '', '{"status":"ok"}', '[]', '"registration"'])(
  'of a server that answers everything with 200 and %j, doctor and the agent say that it is another service',
  async (body) => {
    answers(body);
    await host.agent().line('registration failed');
    let reason = '';
    for (let tries = 0; tries < 40 && !ANOTHER.test(reason); tries += 1)
      reason = (JSON.parse((await host.cli(['status', '--json'])).out || '{}') as { reason?: string }).reason ?? '';
    expect(reason).toMatch(ANOTHER);
    const [said] = (await doctor(host, host.env())).of('service');
    expect(said?.replace('problem: ', '')).toMatch(ANOTHER);
  },
);

test('a host that was registered is told so by doctor as well', async () => {
  await (await host.running()).stop();
  answers('<html>Welcome</html>');
  expect((await doctor(host, host.env())).of('service')).toEqual([
    expect.stringMatching(/^problem: SERVICE_IS_ANOTHER: /),
  ]);
});

test('a refusal whose code is longer than a line of a log is cut off there', async () => {
  const body = JSON.stringify({ code: 'A'.repeat(60_000), detail: 'B'.repeat(60_000) });
  host.service.intercept = (_request, response) => {
    response.writeHead(403, { 'content-type': 'application/problem+json' }).end(body);
    return true;
  };
  const client = new ServiceClient(
    {
      url: new URL(host.service.url),
      token: 'x',
      installation: null,
      ca: null,
      allowPlainNats: false,
      pinnedKeys: [],
    },
    '/x',
    () => null,
  );
  try {
    const refusal = (await client.set('any', null).catch((error: unknown) => error)) as Error;
    expect(refusal.message).toMatch(/^GET \S+ answered 403: A{64}: B{500}$/);
  } finally {
    client.close();
  }
});
