import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, test } from '@jest/globals';
import { pkcs7Of } from '@trustcast/x509';
import { encryptedKeystore } from '../support/encrypted-keystore.js';
import { type MadeCertificate, makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted } from '../support/mutations.js';
import { TestAgent } from '../support/test-agent.js';
import { TlsServers } from '../support/tls-servers.js';
import { useService } from '../support/use-harness.js';

/** The sentences of the certificates screen about creating a certificate, each as what it promises. */

const service = useService();
const servers = new TlsServers();
let serial = 0;
const unique = (prefix: string) => `${prefix}-${++serial}`;

afterAll(() => servers.stop());

/** What the table under Configuration shows. */
interface Listed {
  readonly name: string;
  readonly description: string;
  readonly definitions: readonly {
    readonly alias: string;
    readonly source: string;
    readonly url: string | null;
    readonly fingerprint: string;
    readonly environments: readonly { readonly name: string }[];
    readonly content: Readonly<Record<string, unknown>>;
  }[];
}

async function listed(name: string): Promise<Listed | null> {
  const { certificate } = await service.query<{ certificate: Listed | null }>(
    `query ($name: String!) { certificate(by: { name: $name }) { name description
       definitions { alias source url fingerprint environments { name }
         content { pem subject issuer serialNumber notBefore notAfter fingerprintSha1 fingerprintSha256 } } } }`,
    { name },
  );
  return certificate;
}

async function valuesOf(enumeration: string): Promise<string[]> {
  const { type } = await service.query<{ type: { enumValues: { name: string }[] } }>(
    'query ($name: String!) { type: __type(name: $name) { enumValues { name } } }',
    { name: enumeration },
  );
  return type.enumValues.map(({ name }) => name).sort();
}

/** Saves one definition and answers it as it is listed then. */
async function saved(from: object) {
  const name = unique('saved');
  const definitions = [{ alias: name, environments: ['apimanager'], from }];
  const { userErrors } = await createCertificate(service, { name, definitions });
  expect(userErrors).toEqual([]);
  return (await listed(name))!.definitions[0]!;
}

describe('Creating a New Certificate', () => {
  test('"Name information of the created certificate": it is found by it, and no other can have it', async () => {
    const name = unique('Partner Größe');
    const create = () =>
      createCertificate(service, { name, definitions: [pasted(['apimanager'], name, makeCertificate().pem)] });
    expect((await create()).certificate).toMatchObject({ name });
    expect(await listed(name)).toMatchObject({ name });
    expect((await create()).userErrors).toMatchObject([
      { code: 'NAME_TAKEN', field: ['name'] },
      { code: 'ALIAS_TAKEN' },
    ]);
  });

  test('"A description can be written to facilitate management": it is kept and searched for', async () => {
    const name = unique('described');
    const description = 'Anchor of the partner in Ørsta\nasked for by #4711';
    await createCertificate(service, {
      name,
      description,
      definitions: [pasted(['apimanager'], name, makeCertificate().pem)],
    });
    expect(await listed(name)).toMatchObject({ description });
    const { certificates } = await service.query<{ certificates: { nodes: { name: string }[] } }>(
      '{ certificates(filter: { text: "PARTNER IN Ørsta" }) { nodes { name } } }',
    );
    expect(certificates.nodes).toEqual([{ name }]);
  });

  test('"The saved Certificate Definition is listed in the table"', async () => {
    const environments = [unique('listed'), unique('listed')];
    for (const environment of environments) await createEnvironment(service, environment);
    const [one, two] = [makeCertificate('One'), makeCertificate('Two')];
    const name = unique('listed');
    await createCertificate(service, {
      name,
      definitions: [pasted([environments[0]!], 'first', one.pem), pasted([environments[1]!], 'second', two.pem)],
    });
    expect((await listed(name))!.definitions).toMatchObject([
      { alias: 'first', fingerprint: one.fingerprint, environments: [{ name: environments[0] }] },
      { alias: 'second', fingerprint: two.fingerprint, environments: [{ name: environments[1] }] },
    ]);
  });

  test('"click the Save and Deploy button to deploy": the hosts of the environment get it with the next revision', async () => {
    const environment = unique('deployed');
    await createEnvironment(service, environment);
    const agent = await TestAgent.enroll(service, environment, 'host');
    const { statement: before } = await agent.pull();
    const { der, pem } = makeCertificate();
    const name = unique('deployed');
    const { deployment } = await createCertificate(service, { name, definitions: [pasted([environment], name, pem)] });
    expect(deployment!.environments).toMatchObject([{ revision: before.revision + 1 }]);
    const { statement, message } = await agent.pull(before);
    expect(statement.revision).toBe(before.revision + 1);
    expect(message.upserts.map((entry) => ({ alias: entry.alias, der: Buffer.from(entry.der) }))).toEqual([
      { alias: name, der },
    ]);
  });
});

describe('The fields of a certificate definition', () => {
  test('"Environments: The previously defined environment where the certificate will be used is selected"', async () => {
    const environment = unique('defined');
    const create = (name: string) =>
      createCertificate(service, {
        name,
        definitions: [pasted([environment, 'apimanager'], name, makeCertificate().pem)],
      });
    expect((await create(unique('early'))).userErrors).toMatchObject([
      { __typename: 'EnvironmentNotFound', names: [environment] },
    ]);
    await createEnvironment(service, environment);
    const { environments } = await service.query<{ environments: { name: string }[] }>('{ environments { name } }');
    expect(environments).toEqual(expect.arrayContaining([{ name: environment }, { name: 'apimanager' }]));
    const name = unique('selected');
    await create(name);
    expect((await listed(name))!.definitions).toMatchObject([
      { environments: expect.arrayContaining([{ name: environment }, { name: 'apimanager' }]) },
    ]);
  });

  test('"Source Of Certificate": "Three options are available"', async () => {
    // Receive via HTTPS/LDAPS Connection, Import from File, Paste from Clipboard.
    expect(await valuesOf('CertificateSource')).toEqual(['CLIPBOARD', 'CONNECTION', 'FILE']);
  });

  test.each(['https', 'ldaps'])(
    '"the HTTPS or LDAPS URL connection address is entered in the URL field and the button next to it is clicked": %s',
    async (scheme) => {
      const issuer = makeCertificate('Server CA');
      const leaf = makeCertificate('server', { issuer: 'Server CA', ca: false });
      const chain = [leaf.pem, issuer.pem];
      const port = scheme === 'https' ? await servers.openssl(chain) : (await servers.slapd(chain)).ldaps;
      const url = `${scheme}://127.0.0.1:${port}`;
      const { received } = await service.query<{
        received: { certificates: { fingerprint: string; content: { pem: string } }[] };
      }>(
        'mutation ($url: String!) { received: retrieveCertificates(input: { url: $url }) { certificates { fingerprint content { pem } } } }',
        {
          url,
        },
      );
      expect(received.certificates.map(({ fingerprint }) => fingerprint)).toEqual([
        leaf.fingerprint,
        issuer.fingerprint,
      ]);
      const { pem } = received.certificates[1]!.content;
      expect(await saved({ connection: { url, content: pem } })).toMatchObject({
        source: 'CONNECTION',
        url,
        fingerprint: issuer.fingerprint,
      });
    },
  );

  test.each<[string, (made: MadeCertificate) => Uint8Array]>([
    ['PEM', ({ pem }) => Buffer.from(pem)],
    ['DER', ({ der }) => der],
    ['PKCS#7', ({ der }) => pkcs7Of([der])],
    ['PKCS#12', ({ pem }) => encryptedKeystore(pem, 'changeit')],
  ])('"the file containing the certificate is selected": %s', async (kind, fileOf) => {
    const made = makeCertificate();
    const content = Buffer.from(fileOf(made)).toString('base64');
    const file = { content, ...(kind === 'PKCS#12' && { password: 'changeit' }) };
    expect(await saved({ file })).toMatchObject({ source: 'FILE', url: null, fingerprint: made.fingerprint });
  });

  test('"this is the field where the certificate will be pasted", with blanks and lines around it', async () => {
    const { pem, fingerprint } = makeCertificate();
    const content = `\r\n  ${pem.replaceAll('\n', '\r\n  ')}\r\n`;
    expect(await saved({ clipboard: { encoding: 'BASE64PEM', content } })).toMatchObject({
      source: 'CLIPBOARD',
      fingerprint,
    });
  });

  test('"the encoding type of the pasted certificate is selected. Two options are available"', async () => {
    expect(await valuesOf('ContentEncoding')).toEqual(['BASE64', 'BASE64PEM']);
    const contents = { BASE64: makeCertificate().der.toString('base64'), BASE64PEM: makeCertificate().pem };
    for (const [encoding, content] of Object.entries(contents)) {
      expect(await saved({ clipboard: { encoding, content } })).toMatchObject({ source: 'CLIPBOARD' });
      const other = encoding === 'BASE64' ? 'BASE64PEM' : 'BASE64';
      const name = unique('wrong');
      const definitions = [
        { environments: ['apimanager'], alias: name, from: { clipboard: { encoding: other, content } } },
      ];
      expect((await createCertificate(service, { name, definitions })).userErrors).toMatchObject([
        {
          field: ['definitions', '0', 'from', 'clipboard', 'encoding'],
          message: expect.stringContaining(`choose ${encoding}`),
        },
      ]);
    }
  });

  test('"The alias information of the certificate is entered": one is suggested, any other may be, once per environment', async () => {
    const { pem } = makeCertificate('Größe & Söhne CA');
    const { found } = await service.query<{ found: { certificates: { suggestedAlias: string }[] } }>(
      'mutation ($input: ParseCertificatesInput!) { found: parseCertificates(input: $input) { certificates { suggestedAlias } } }',
      { input: { clipboard: { encoding: 'BASE64PEM', content: pem } } },
    );
    expect(found.certificates).toEqual([{ suggestedAlias: 'grosse-sohne-ca' }]);
    const name = unique('alias');
    const alias = 'Any Alias: 証明書';
    await createCertificate(service, { name, definitions: [pasted(['apimanager'], alias, pem)] });
    expect((await listed(name))!.definitions).toMatchObject([{ alias }]);
    const again = pasted(['apimanager'], alias.toUpperCase(), makeCertificate().pem);
    expect(
      (await createCertificate(service, { name: unique('alias'), definitions: [again] })).userErrors,
    ).toMatchObject([{ __typename: 'AliasTaken', field: ['definitions', '0', 'alias'] }]);
  });

  test('"the content of the certificate is displayed", "Obtained from the certificate": as OpenSSL reads it', async () => {
    const { pem } = makeCertificate('Displayed CA');
    const { content } = await saved({ clipboard: { encoding: 'BASE64PEM', content: pem } });
    const openssl = (...options: string[]) =>
      execFileSync('openssl', ['x509', '-noout', '-nameopt', 'RFC2253', ...options], { input: pem })
        .toString()
        .trim()
        .split('\n')
        .map((line) => line.replace(/^[^=]*=/, ''));
    const [subject, issuer, serialNumber, from, until] = openssl('-subject', '-issuer', '-serial', '-dates');
    const digits = ([line = '']: string[]) => line.replaceAll(':', '').toLowerCase();
    expect(content).toEqual({
      pem,
      subject,
      issuer,
      serialNumber: serialNumber!.toLowerCase().replace(/^0+/, ''),
      notBefore: new Date(from!).toISOString(),
      notAfter: new Date(until!).toISOString(),
      fingerprintSha1: digits(openssl('-fingerprint', '-sha1')),
      fingerprintSha256: digits(openssl('-fingerprint', '-sha256')),
    });
  });
});
