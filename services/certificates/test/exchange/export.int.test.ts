import { describe, expect, test } from '@jest/globals';
import { certificatesOf, createPasted, download, exported } from '../support/exchange-files.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createEnvironment } from '../support/mutations.js';
import { useService } from '../support/use-harness.js';

const service = useService();
const NOBODY = '00000000-0000-4000-8000-000000000000';

describe('a download', () => {
  test.each(['format=exe', 'format=constructor'])('is refused as %s', async (query) => {
    const { id, definitions } = await createPasted(service, `as-${query}`, 'apimanager', makeCertificate());
    expect(
      (await download(service, `/certificates/${id}/definitions/${definitions[0]!.id}/file?${query}`)).status,
    ).toBe(400);
  });

  test('needs a token, and a definition of that certificate', async () => {
    const { id } = await createPasted(service, 'guarded', 'apimanager', makeCertificate());
    const other = await createPasted(service, 'guarded-other', 'apimanager', makeCertificate());
    expect((await download(service, `/certificates/${id}/definitions/${other.definitions[0]!.id}/file`)).status).toBe(
      404,
    );
    expect((await fetch(`${service.url}/export`)).status).toBe(401);
    for (const query of ['certificate=x', 'environment=apimanager&environment=Not%20a%20name'])
      expect((await download(service, `/export?${query}`)).status).toBe(400);
  });
});

test.each([
  ['/export?enviroment=apimanager', 400, '"enviroment" is not known here; known are format, certificate, environment'],
  ['/export?format=exe', 400, 'format must be json or zip'],
  ['/export?certificate=x', 400, 'certificate must be an id, a UUID: "x" is none'],
  ['/export?environment=Not%20one', 400, 'environment must be a name: "Not one" is none'],
  ['/export?environment=typo', 404, 'there is no environment typo'],
  [`/export?certificate=${NOBODY}`, 404, `there is no certificate ${NOBODY}`],
  ['/environments/apimanager/truststore?orgin=BASE', 400, '"orgin" is not known here; known are format, origin'],
  ['/environments/apimanager/truststore?format=jks', 400, 'format must be pem or p12'],
  ['/environments/apimanager/truststore?origin=base', 400, 'origin must be MANAGED or BASE'],
  [`/certificates/${NOBODY}/definitions/${NOBODY}/file?fmt=der`, 400, '"fmt" is not known here; known are format'],
])('%s is %i and names what is wrong, rather than answering something else', async (path, status, detail) => {
  const response = await download(service, path);
  expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([status, detail]);
});

describe('an export', () => {
  test('has the certificates of several environments', async () => {
    for (const name of ['several-a', 'several-b', 'several-c']) {
      await createEnvironment(service, name);
      await createPasted(service, name, name, makeCertificate());
    }
    const file = await exported(service, 'json', '&environment=several-a&environment=several-c');
    expect(certificatesOf(file).map(({ name }) => name)).toEqual(['several-a', 'several-c']);
  });
});
