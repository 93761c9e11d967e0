import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSnapshot } from '../../src/report/status-snapshot.js';
import { doctor } from '../support/doctor.js';
import { useHost } from '../support/use-host.js';

const host = useHost();

test.each([
  [429, 'TOO_MANY_REQUESTS'],
  [503, 'OVERLOADED'],
])(
  'an agent that is answered %d %s names the limit of the service, in status, doctor and log',
  async (status, code) => {
    const body = JSON.stringify({ code, detail: 'try again in 1 s' });
    host.service.intercept = (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/problem+json', 'retry-after': '1' }).end(body);
      return true;
    };
    const agent = host.agent();
    const { error } = await agent.line('registration failed');
    expect(JSON.stringify(error)).toMatch(`answered ${status}: ${code}: try again in 1 s`);
    const reason = (): string | null | undefined => readSnapshot(join(host.directory, 'state'))?.reason;
    while (reason()?.startsWith('SERVICE_LIMITS') !== true) await sleep(100);
    const told = new RegExp(`SERVICE_LIMITS: 127.0.0.1:\\d+ answers ${status}: .*asks again by itself`);
    expect(reason()).toMatch(told);
    expect((await doctor(host, host.env())).of('service')).toEqual([expect.stringMatching(told)]);
    host.service.intercept = () => false;
    await host.service.written();
  },
);
