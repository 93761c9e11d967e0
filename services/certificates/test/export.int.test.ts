import { describe, expect, test } from '@jest/globals';
import { certificatesOf, createPasted, download, exported } from './exchange-files.js';
import { makeCertificate } from './make-certificate.js';
import { createEnvironment } from './mutations.js';
import { useService } from './use-harness.js';

const service = useService();

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
