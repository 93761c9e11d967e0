import { expect } from '@jest/globals';
import { subjectLength, writePkcs12 } from '@trustcast/keystore';
import { agentPaths, baseDigest, encodeBaseReport } from '@trustcast/schema';
import { type MadeCertificate, makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted } from '../support/mutations.js';
import type { ServiceProcess } from '../support/service-process.js';
import type { TestAgent } from '../support/test-agent.js';

/** A certificate that takes so many bytes in a list of subjects. */
export function taking(bytes: number): MadeCertificate {
  const around = subjectLength(makeCertificate('x'.repeat(500)).der) - 500;
  const made = makeCertificate('x'.repeat(bytes - 2 - around));
  expect(subjectLength(made.der) + 2).toBe(bytes);
  return made;
}

export interface Result {
  readonly deployment: object | null;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  readonly userErrors: readonly { readonly code: string }[];
}

/** Environments whose lists of issuers have the length that is requested, and the ways in which they become longer. */
export function issuerListStage(service: ServiceProcess) {
  let serial = 0;

  /** An environment whose certificates take so many bytes. */
  async function environmentOf(bytes: number, kind = 'API_MANAGER'): Promise<string> {
    const environment = `list-${(serial += 1)}`;
    const list = [...Array<number>(Math.floor(bytes / 1_000) - 1).fill(1_000), 1_000 + (bytes % 1_000)];
    const result = await changeAll({
      environments: [{ name: environment, kind }],
      creates: list.map((size, index) => ({
        name: `${environment}-${index}`,
        definitions: [pasted([environment], `anchor-${index}`, taking(size).pem)],
      })),
      confirmIssuerList: true,
    });
    expect(result.userErrors).toEqual([]);
    return environment;
  }

  const RESULT = `deployment { id } warnings { code message } userErrors { code message field
    ... on IssuerListTooLong { environments bytes maxBytes } }`;
  async function mutate(name: string, type: string, input: object): Promise<Result> {
    const text = `mutation ($input: ${type}!) { payload: ${name}(input: $input) { ${RESULT} } }`;
    return (await service.query<{ payload: Result }>(text, { input })).payload;
  }
  const changeAll = (input: object) => mutate('changeCertificates', 'ChangeCertificatesInput', input);

  async function bytesOf(environment: string) {
    const list = '{ managedBytes baseBytes bytes warningBytes maxBytes }';
    const { one, view } = await service.query<Record<'one' | 'view', { issuerList: { bytes: number } }>>(
      `query ($name: String!) { one: environment(name: $name) { issuerList ${list} }
         view: truststore(environment: $name, first: 1) { issuerList ${list} } }`,
      { name: environment },
    );
    expect(view.issuerList).toEqual(one.issuerList);
    return one.issuerList;
  }

  async function reportBase(agent: TestAgent, made: readonly MadeCertificate[]): Promise<void> {
    const entries = made.map(({ der }, index) => ({ alias: `base/${index}`, der }));
    const response = await fetch(`${service.url}${agentPaths.base}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${agent.token}`, 'content-type': 'application/json' },
      body: encodeBaseReport({ digest: baseDigest(entries), entries }),
    });
    expect(response.status).toBe(200);
  }

  /** The ways in which a certificate of 1,001 bytes comes to an environment, each with what it is asked with. */
  const ways: Record<string, (environment: string, more: object) => Promise<Result>> = {
    createCertificate: (environment, more) =>
      mutate('createCertificate', 'CreateCertificateInput', {
        name: `${environment}-more`,
        definitions: [pasted([environment], 'more', taking(1_001).pem)],
        ...more,
      }),
    updateCertificate: async (environment, more) => {
      const elsewhere = `${environment}-elsewhere`;
      await createEnvironment(service, elsewhere);
      const made = await createCertificate(service, {
        name: elsewhere,
        definitions: [pasted([elsewhere], 'more', taking(1_001).pem)],
      });
      const { id, version, definitions } = made.certificate!;
      return mutate('updateCertificate', 'UpdateCertificateInput', {
        id,
        expectedVersion: version,
        definitions: [{ id: definitions[0]!.id, environments: [elsewhere, environment], alias: 'more' }],
        ...more,
      });
    },
    changeCertificates: (environment, more) =>
      changeAll({
        creates: [{ name: `${environment}-more`, definitions: [pasted([environment], 'more', taking(1_001).pem)] }],
        ...more,
      }),
    importTruststore: (environment, more) =>
      mutate('importTruststore', 'ImportTruststoreInput', {
        environment,
        content: writePkcs12([{ alias: `${environment}-more`, der: taking(1_001).der }]).toString('base64'),
        dryRun: false,
        ...more,
      }),
  };

  return { environmentOf, mutate, bytesOf, reportBase, ways };
}
