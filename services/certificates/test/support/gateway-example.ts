import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createEnrollmentToken } from './enroll.js';
import { until } from './harness.js';
import { makeCertificate } from './make-certificate.js';
import { createCertificate, pasted } from './mutations.js';
import type { ServiceProcess } from './service-process.js';

const EXAMPLE = fileURLToPath(new URL('../../../../../docs/examples/gateway-consumer.mjs', import.meta.url));

/** One step of the example. */
export interface Line {
  readonly event: string;
  readonly via?: string;
  readonly revision?: number;
  /** Of a list of signing keys. */
  readonly version?: number;
  readonly digest?: string;
  readonly aliases?: readonly string[];
  readonly reason?: string;
}

let serial = 0;

/** A GATEWAY environment, an enrollment token for one gateway, and the example of the documentation as that gateway. */
export async function makeGateway(service: ServiceProcess, folder: string) {
  const environment = `gateway-${++serial}`;
  await service.query(
    `mutation ($name: String!) { createEnvironment(input: { name: $name, kind: GATEWAY }) { userErrors { code } } }`,
    { name: environment },
  );
  const { token } = await createEnrollmentToken(service, { environment, uses: 1 });
  const lines: Line[] = [];
  const start = () => {
    const gateway = spawn(process.execPath, [EXAMPLE], {
      env: {
        PATH: process.env.PATH,
        SERVICE_URL: service.url,
        ENROLLMENT_TOKEN: token,
        ENVIRONMENT: environment,
        NAME: 'gateway',
        FOLDER: join(folder, environment),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: gateway.stdout }).on('line', (line) => lines.push(JSON.parse(line) as Line));
    return gateway;
  };
  const seen = (holds: (line: Line) => boolean) =>
    until(
      () => Promise.resolve(lines),
      (all) => all.some(holds),
    );
  const deploy = async (count: number, at = service) => {
    for (let i = 0; i < count; i++) {
      const name = `${environment}-${++serial}`;
      await createCertificate(at, { name, definitions: [pasted([environment], name, makeCertificate().pem)] });
    }
  };
  return { environment, lines, start, seen, deploy };
}

export async function endGateway(gateway: ChildProcess): Promise<void> {
  if (gateway.exitCode !== null || gateway.signalCode !== null) return;
  gateway.kill('SIGKILL');
  await once(gateway, 'close');
}
