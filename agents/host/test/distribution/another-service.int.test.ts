import { expect, test } from '@jest/globals';
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
