import { afterAll, describe, expect, test } from '@jest/globals';
import { writePkcs12 } from '@trustcast/keystore';
import { encryptedKeystore } from '../support/encrypted-keystore.js';
import { PRIVATE_KEY_PEM, makeCertificate } from '../support/make-certificate.js';
import { createCertificate, updateCertificate } from '../support/mutations.js';
import type { ServiceProcess } from '../support/service-process.js';
import { TlsServers } from '../support/tls-servers.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);

interface Found {
  readonly certificates: readonly { readonly fingerprint: string; readonly content: { readonly pem: string } }[];
  readonly count: number;
  readonly userErrors: readonly object[];
}

async function parse(input: object): Promise<Found> {
  const { found } = await service.query<{ found: Found }>(
    `mutation ($input: ParseCertificatesInput!) { found: parseCertificates(input: $input) {
       count
       certificates { fingerprint alias suggestedAlias warnings { code }
         content { pem subject daysLeft notAfter keyAlgorithm } userErrors { __typename code field } }
       userErrors { __typename code message field } } }`,
    { input },
  );
  return found;
}

const file = (bytes: Uint8Array) => ({ file: { content: Buffer.from(bytes).toString('base64') } });
const [one, two] = [makeCertificate('One CA'), makeCertificate('Two CA', { days: -3 })];

describe('parsing', () => {
  test('answers each certificate with what it says, a suggested alias and warnings', async () => {
    expect(await parse({ clipboard: { encoding: 'BASE64PEM', content: one.pem + two.pem } })).toEqual({
      count: 2,
      certificates: [
        {
          fingerprint: one.fingerprint,
          alias: null,
          suggestedAlias: 'one-ca',
          warnings: [],
          content: {
            pem: one.pem,
            subject: 'CN=One CA',
            daysLeft: 364,
            notAfter: expect.stringMatching(/Z$/),
            keyAlgorithm: 'EC',
          },
          userErrors: [],
        },
        expect.objectContaining({ fingerprint: two.fingerprint, warnings: [{ code: 'EXPIRED' }] }),
      ],
      userErrors: [],
    });
  });

  test('tells for each certificate by itself why it would be refused', async () => {
    const mismatch = Buffer.from(one.der);
    mismatch[mismatch.lastIndexOf(Buffer.from([0x04, 0x03, 0x02])) + 2] = 0x03;
    const content = [
      one.pem,
      `-----BEGIN CERTIFICATE-----\n${mismatch.toString('base64')}\n-----END CERTIFICATE-----\n`,
      '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
    ].join('');
    const { certificates, userErrors } = await parse({ clipboard: { encoding: 'BASE64PEM', content } });
    expect(userErrors).toEqual([]);
    expect(certificates).toMatchObject([
      { fingerprint: one.fingerprint, userErrors: [] },
      { fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/), content: null, userErrors: [{ code: 'NOT_JAVA_SAFE' }] },
      {
        fingerprint: null,
        content: null,
        userErrors: [{ code: 'MALFORMED_CERTIFICATE', field: ['clipboard', 'content'] }],
      },
    ]);
  });

  test('of a truststore tells the names that it has them under', async () => {
    const truststore = writePkcs12([
      { alias: 'first', der: one.der },
      { alias: 'second', der: two.der },
    ]);
    expect((await parse(file(truststore))).certificates).toMatchObject([
      { alias: 'first', fingerprint: one.fingerprint },
      { alias: 'second', fingerprint: two.fingerprint },
    ]);
  });

  test('of an encrypted keystore asks for the password, tells a wrong one and takes the right one', async () => {
    const keystore = file(encryptedKeystore(one.pem, 'right'));
    const password = ['file', 'password'];
    const opened = (text: string) => parse({ file: { ...keystore.file, password: text } });
    expect((await parse(keystore)).userErrors).toMatchObject([{ code: 'PASSWORD_REQUIRED', field: password }]);
    expect((await opened('wrong')).userErrors).toMatchObject([
      { __typename: 'PasswordWrong', code: 'PASSWORD_WRONG', field: password },
    ]);
    expect((await opened('right')).certificates).toMatchObject([{ fingerprint: one.fingerprint }]);
  });

  test('refuses a private key without repeating or logging any of it', async () => {
    const found = await parse(file(Buffer.from(one.pem + PRIVATE_KEY_PEM)));
    expect(found).toMatchObject({ count: 0, certificates: [], userErrors: [{ code: 'PRIVATE_KEY_NOT_ALLOWED' }] });
    const secret = PRIVATE_KEY_PEM.split('\n')[1]!;
    expect(JSON.stringify(found) + service.output()).not.toContain(secret);
  });

  test('answers the first thousand of a large truststore, and how many there are', async () => {
    const entries = Array.from({ length: 1_001 }, (_, index) => ({ alias: `entry-${index}`, der: one.der }));
    const { certificates, count } = await parse(file(writePkcs12(entries)));
    expect([certificates.length, count]).toEqual([1_000, 1_001]);
  });

  test('stores nothing', async () => {
    const { rows } = await harness.sql.query('SELECT FROM x509_certificates');
    expect(rows).toEqual([]);
  });
});

describe('a definition', () => {
  test('takes one certificate of a keystore, picked by its fingerprint as screens show it', async () => {
    const keystore = file(encryptedKeystore(one.pem + two.pem, 'right'));
    const keystored = (more: object) => ({
      name: 'keystore',
      definitions: [
        {
          environments: ['apimanager'],
          alias: 'picked',
          from: { file: { ...keystore.file, password: 'right', ...more } },
        },
      ],
    });
    const refused = await createCertificate(service, keystored({}));
    expect(refused.userErrors).toMatchObject([
      { code: 'MULTIPLE_CERTIFICATES', fingerprints: [one.fingerprint, two.fingerprint] },
    ]);
    const fingerprint = two.fingerprint.toUpperCase().replace(/..(?=.)/g, '$&:');
    const created = await createCertificate(service, keystored({ fingerprint }));
    expect(created.certificate?.definitions).toMatchObject([{ source: 'FILE', fingerprint: two.fingerprint }]);
  });

  test('that was received keeps the URL of its server, which a later one replaces', async () => {
    const [first, next] = [makeCertificate(), makeCertificate()];
    const url = 'https://partner.example:8443';
    const received = (from: string) => ({
      name: 'received',
      definitions: [
        { environments: ['apimanager'], alias: 'received', from: { connection: { url: from, content: first.pem } } },
      ],
    });
    expect((await createCertificate(service, received('ftp://partner.example'))).userErrors).toMatchObject([
      { code: 'INVALID_INPUT', field: ['definitions', '0', 'from', 'connection', 'url'] },
    ]);

    const { certificate } = await createCertificate(service, received(url));
    expect(certificate?.definitions).toMatchObject([{ source: 'CONNECTION', url, fingerprint: first.fingerprint }]);
    const id = certificate!.definitions[0]!.id;
    const kept = { id, environments: ['apimanager'], alias: 'received' };
    const same = await updateCertificate(service, { id: certificate!.id, expectedVersion: 1, definitions: [kept] });
    expect(same.certificate?.definitions).toMatchObject([{ url, fingerprint: first.fingerprint }]);

    const moved = 'ldaps://directory.example';
    const renewed = { ...kept, from: { connection: { url: moved, content: next.pem } } };
    await updateCertificate(service, { id: certificate!.id, expectedVersion: 1, definitions: [renewed] });
    const { stored } = await service.query<{ stored: unknown }>(
      'query ($id: ID!) { stored: certificate(by: { id: $id }) { definitions { id source url fingerprint } } }',
      { id: certificate!.id },
    );
    expect(stored).toEqual({ definitions: [{ id, source: 'CONNECTION', url: moved, fingerprint: next.fingerprint }] });
  });
});

describe('retrieving', () => {
  const servers = new TlsServers();
  afterAll(() => servers.stop());

  async function retrieve(url: string, from: ServiceProcess = service): Promise<Found> {
    const { found } = await from.query<{ found: Found }>(
      `mutation ($url: String!) { found: retrieveCertificates(input: { url: $url }) {
         rootSent address protocol
         certificates { fingerprint suggestedAlias warnings { code } content { pem subject } userErrors { code } }
         userErrors { __typename code message field ... on RetrievalFailed { stage } } } }`,
      { url },
    );
    return found;
  }

  async function audited(): Promise<object[]> {
    const { audit } = await service.query<{ audit: { nodes: object[] } }>(
      '{ audit(first: 500, filter: { action: "retrieveCertificates" }) { nodes { action actor address details } } }',
    );
    return audit.nodes;
  }

  test('answers the chain of a server, of which a definition takes the one that is picked', async () => {
    const issuer = makeCertificate('Issuer');
    const leaf = makeCertificate('server', { issuer: 'Issuer', ca: false });
    const url = `https://127.0.0.1:${await servers.openssl([leaf.pem, issuer.pem])}`;
    const found = await retrieve(url);
    expect(found).toMatchObject({
      rootSent: true,
      address: '127.0.0.1',
      protocol: 'TLSv1.3',
      certificates: [
        { fingerprint: leaf.fingerprint, warnings: [{ code: 'LEAF_PIN' }] },
        { fingerprint: issuer.fingerprint, suggestedAlias: 'issuer', warnings: [] },
      ],
      userErrors: [],
    });
    const [, picked] = found.certificates;
    const from = { connection: { url, content: picked!.content.pem } };
    const { certificate } = await createCertificate(service, {
      name: 'picked',
      definitions: [{ environments: ['apimanager'], alias: 'issuer', from }],
    });
    expect(certificate?.definitions).toMatchObject([{ source: 'CONNECTION', url, fingerprint: issuer.fingerprint }]);
  });

  test('of a whole chain asks for one, and warns of a leaf that is picked', async () => {
    const issuer = makeCertificate('Issuer');
    const leaf = makeCertificate('server', { issuer: 'Issuer', ca: false });
    const url = 'https://server.example';
    const connection = { url, content: leaf.pem + issuer.pem };
    const presented = (more: object) => ({
      name: 'leaf',
      definitions: [{ environments: ['apimanager'], alias: 'leaf', from: { connection: { ...connection, ...more } } }],
    });
    expect((await createCertificate(service, presented({}))).userErrors).toMatchObject([
      { code: 'MULTIPLE_CERTIFICATES', fingerprints: [leaf.fingerprint, issuer.fingerprint] },
    ]);
    const picked = presented({ fingerprint: leaf.fingerprint });
    const { certificate, warnings } = await createCertificate(service, picked);
    expect(certificate?.definitions).toMatchObject([{ fingerprint: leaf.fingerprint }]);
    expect(warnings).toMatchObject([{ code: 'LEAF_PIN', field: ['definitions', '0', 'from'] }]);
  });

  test('tells what is wrong with the URL, and how far it came', async () => {
    expect((await retrieve('http://127.0.0.1')).userErrors).toMatchObject([{ code: 'INVALID_INPUT', field: ['url'] }]);
    expect((await retrieve('https://169.254.169.254')).userErrors).toMatchObject([
      { __typename: 'RetrievalFailed', code: 'RETRIEVAL_FAILED', field: ['url'], stage: 'POLICY' },
    ]);
  });

  test('is in the audit: who, which server, and what came of it, without what else the URL holds', async () => {
    const { pem, fingerprint } = makeCertificate('Audited');
    const port = await servers.openssl([pem]);
    const urls = [
      `https://127.0.0.1:${port}/path-secret?query-secret#fragment-secret`,
      'ldaps://[fe80::1]:1636/path-secret',
      'https://user:password-secret@127.0.0.1',
      'http://127.0.0.1/path-secret',
    ];
    const before = await audited();
    for (const url of urls) await retrieve(url);
    const records = (await audited()).slice(0, -before.length || undefined);
    const common = {
      action: 'retrieveCertificates',
      actor: expect.stringMatching(/^token:admin:/),
      address: '127.0.0.1',
    };
    expect(records).toEqual([
      {
        ...common,
        details: { url: 'ldaps://[fe80::1]:1636', outcome: 'RETRIEVAL_FAILED', stage: 'POLICY' },
      },
      {
        ...common,
        details: {
          url: `https://127.0.0.1:${port}`,
          outcome: 'RETRIEVED',
          address: '127.0.0.1',
          protocol: 'TLSv1.3',
          fingerprints: [fingerprint],
        },
      },
    ]);
    const { rows } = await harness.sql.query<{ all: string }>(
      'SELECT jsonb_agg(to_jsonb(a))::text AS all FROM audit a',
    );
    expect(rows[0]!.all).not.toContain('secret');
    expect(service.output()).not.toContain('secret');
  });

  test('keeps to the ranges and the proxy that the operator set', async () => {
    const proxy = await servers.proxy();
    const port = await servers.openssl([one.pem]);
    const behind = await harness.start({ TRUSTCAST_RETRIEVE_PROXY: proxy.url.href });
    expect((await retrieve(`https://127.0.0.1:${port}`, behind)).certificates).toHaveLength(1);
    expect(proxy.asked).toEqual([`127.0.0.1:${port}`]);
    await behind.stop();
    const closed = await harness.start({ TRUSTCAST_RETRIEVE_REFUSE: 'loopback' });
    expect((await retrieve(`https://127.0.0.1:${port}`, closed)).userErrors).toMatchObject([{ stage: 'POLICY' }]);
  });
});
