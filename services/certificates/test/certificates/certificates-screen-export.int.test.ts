import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { strFromU8, unzipSync } from 'fflate';
import { readCertificates } from '@trustcast/x509';
import { download, exported, importFile } from '../support/exchange-files.js';
import { makeJwk, newKey } from '../support/jwk-stage.js';
import { type MadeCertificate, makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted } from '../support/mutations.js';
import type { ServiceProcess } from '../support/service-process.js';
import { useService } from '../support/use-harness.js';

/** The sentences of the certificates screen about exports, each as what it promises. */

const service = useService();
const other = useService();

const DATED = 'trustcast-export-\\d{4}-\\d\\d-\\d\\dT\\d\\d-\\d\\d-\\d\\dZ';
const made: Record<'ca' | 'old', MadeCertificate> = {
  ca: makeCertificate('Partner CA', { publicKey: newKey() }),
  old: makeCertificate('Partner CA of old', { publicKey: newKey() }),
};

/** A certificate with all that one can have: two definitions, three environments, JWKs in two of them. */
async function makeConfiguration(name: string) {
  const environments = ['one', 'two', 'three'].map((each) => `${name}-${each}`);
  for (const environment of environments) await createEnvironment(service, environment);
  const [one, two, three] = environments as [string, string, string];
  const { certificate, userErrors } = await createCertificate(service, {
    name,
    description: 'Größe\n"zählt"',
    definitions: [
      pasted([one, two], `${name} 2027`, made.ca.pem),
      {
        environments: [three],
        alias: `${name} 2026`,
        from: { connection: { url: 'ldaps://partner.example', content: made.old.pem } },
      },
    ],
  });
  expect(userErrors).toEqual([]);
  for (const environment of [one, three]) await makeJwk(service, certificate!.id, environment);
  return { id: certificate!.id, environments, definitionId: certificate!.definitions[0]!.id };
}

const configurationOf = (file: Uint8Array) =>
  JSON.parse(strFromU8(file)) as { environments: object[]; certificates: { definitions: object[]; jwks: object[] }[] };
const published = async ({ url }: ServiceProcess, environments: readonly string[]) =>
  Promise.all(environments.map(async (name) => (await fetch(`${url}/environments/${name}/jwks.json`)).json()));

describe('Certificate Export', () => {
  test.each([
    ['pem', 'application/x-pem-file'],
    ['der', 'application/pkix-cert'],
    ['p7b', 'application/x-pkcs7-certificates'],
  ])(
    '"The certificate format export downloads the certificate directly as a certificate file": %s, named by its alias',
    async (format, type) => {
      const certificate = makeCertificate();
      const { certificate: created } = await createCertificate(service, {
        name: `as-${format}`,
        definitions: [pasted(['apimanager'], `Größe "${format}"`, certificate.pem)],
      });
      const { id, definitions } = created!;
      const response = await download(
        service,
        `/certificates/${id}/definitions/${definitions[0]!.id}/file?format=${format}`,
      );
      expect(response.headers.get('content-type')).toBe(type);
      expect(response.headers.get('content-disposition')).toBe(
        `attachment; filename="Gr-e-${format}-.${format}"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%22${format}%22.${format}`,
      );
      const file = Buffer.from(await response.arrayBuffer());
      expect(readCertificates(file).map((der) => Buffer.from(der))).toEqual([certificate.der]);
      const openssl =
        format === 'p7b'
          ? ['pkcs7', '-inform', 'DER', '-print_certs']
          : ['x509', '-inform', format.toUpperCase(), '-outform', 'PEM'];
      expect(execFileSync('openssl', openssl, { input: file }).toString()).toContain(certificate.pem.trim());
    },
  );

  test('"Export: Exports the certificate configuration in JSON/ZIP format": of the certificate that is chosen', async () => {
    const { id } = await makeConfiguration('chosen');
    await createCertificate(service, {
      name: 'beside',
      definitions: [pasted(['chosen-one'], 'beside', makeCertificate().pem)],
    });
    const json = configurationOf(await exported(service, 'json', `&certificate=${id}`));
    expect(json.certificates).toMatchObject([{ name: 'chosen' }]);
    const files = unzipSync(await exported(service, 'zip', `&certificate=${id}`));
    const pemFiles = [made.ca, made.old].map(({ fingerprint }) => `certificates/${fingerprint}.pem`);
    expect(Object.keys(files).sort()).toEqual([...pemFiles, 'trustcast-export.json'].sort());
    expect(strFromU8(files[pemFiles[0]!]!)).toBe(made.ca.pem);
    expect(configurationOf(files['trustcast-export.json']!).certificates).toMatchObject([{ name: 'chosen' }]);
  });

  test.each([
    ['json', 'application/json'],
    ['zip', 'application/zip'],
  ])(
    '"The file is automatically downloaded based on the selected export type": %s, "named with date information"',
    async (format, type) => {
      const response = await download(service, `/export?format=${format}`);
      expect(response.headers.get('content-type')).toMatch(new RegExp(`^${type}`));
      expect(response.headers.get('content-disposition')).toMatch(
        new RegExp(`^attachment; filename="${DATED}\\.${format}"`),
      );
      await response.arrayBuffer();
    },
  );

  test('"contains the complete certificate configuration"', async () => {
    const { id, environments } = await makeConfiguration('complete');
    const file = configurationOf(await exported(service, 'json', `&certificate=${id}`));
    const [one, two, three] = environments as [string, string, string];
    expect(file.environments).toEqual([one, three, two].map((name) => ({ name, title: name, kind: 'API_MANAGER' })));
    expect(file.certificates).toEqual([
      {
        name: 'complete',
        description: 'Größe\n"zählt"',
        definitions: [
          {
            alias: 'complete 2027',
            source: 'CLIPBOARD',
            url: null,
            environments: [one, two],
            fingerprint: made.ca.fingerprint,
            pem: made.ca.pem,
          },
          {
            alias: 'complete 2026',
            source: 'CONNECTION',
            url: 'ldaps://partner.example',
            environments: [three],
            fingerprint: made.old.fingerprint,
            pem: made.old.pem,
          },
        ],
        jwks: [one, three].map((environment) =>
          expect.objectContaining({ environment, use: 'SIGNATURE', algorithm: 'ES256' }),
        ),
      },
    ]);
  });

  test.each(['json', 'zip'] as const)('"can be used for migration": %s, to another installation', async (format) => {
    const name = `migrated-${format}`;
    const { id, environments } = await makeConfiguration(name);
    const file = await exported(service, format, `&certificate=${id}`);
    expect((await importFile(other, file)).userErrors).toMatchObject([
      { code: 'ENVIRONMENT_NOT_FOUND', names: environments },
    ]);
    for (const environment of environments) await createEnvironment(other, environment);
    expect(await importFile(other, file)).toMatchObject({ items: [{ name, action: 'ADD' }], userErrors: [] });
    const [here, there] = await Promise.all(
      [service, other].map(async (each) =>
        configurationOf(await exported(each, 'json', `&environment=${environments[0]}`)),
      ),
    );
    expect(there!.certificates).toEqual(here!.certificates);
    expect(await published(other, environments)).toEqual(await published(service, environments));
  });

  test('"can be imported into other environments": those that are mapped to', async () => {
    const { environments } = await makeConfiguration('moved');
    const file = await exported(service, 'zip', `&environment=${environments[0]}`);
    for (const environment of environments) await createEnvironment(other, environment.replace('moved', 'staging'));
    const environmentMapping = environments.map((from) => ({ from, to: from.replace('moved', 'staging') }));
    expect(await importFile(other, file, { environmentMapping })).toMatchObject({
      items: [{ name: 'moved', action: 'ADD' }],
    });
    const { certificates } = configurationOf(await exported(other, 'json', '&environment=staging-one'));
    expect(certificates[0]!.definitions).toMatchObject([
      { alias: 'moved 2027', environments: ['staging-one', 'staging-two'] },
      { alias: 'moved 2026', environments: ['staging-three'] },
    ]);
    expect(certificates[0]!.jwks).toMatchObject([{ environment: 'staging-one' }, { environment: 'staging-three' }]);
  });
});
