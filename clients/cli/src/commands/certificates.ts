import { certificateTexts } from '@trustcast/schema';
import { table } from '@trustcast/terminal';
import { JWK_DECISIONS, USER_ERRORS, changeCertificate } from '../change-certificate.js';
import { type Command, EXIT, type Given } from '../command.js';
import { environmentsNamed } from '../environments-named.js';
import { RefusedError, ServiceError, UsageError, userErrorText } from '../errors.js';
import { readPages } from '../read-pages.js';
import type { Service } from '../service/service.js';
import type { CertificateByNameQuery } from '../service/answer-types.js';
import { operation } from '../service/operation.js';

type Listed = NonNullable<CertificateByNameQuery['certificate']>;

const FIELDS = `id name ${certificateTexts.join(' ')} version createdAt updatedAt
  definitions { alias source url environments { name }
    content { subject issuer notBefore notAfter daysLeft fingerprintSha256 ca } }`;
const PAGE = operation(
  'CertificatePage',
  `query ($filter: CertificateFilterInput, $after: String) {
  page: certificates(first: 200, filter: $filter, after: $after) { nodes { ${FIELDS} } pageInfo { hasNextPage endCursor } }
}`,
);
const ONE = operation('CertificateByName', `query ($name: String!) { certificate(by: { name: $name }) { ${FIELDS} } }`);
const DELETE = operation(
  'DeleteCertificate',
  `mutation ($input: DeleteCertificateInput!) {
  payload: deleteCertificate(input: $input) {
    deployment { id environments { environment { name } revision } }
    ${USER_ERRORS}
  }
}`,
);

export const listCertificates: Command = {
  name: 'certificates list',
  words: '[TEXT]',
  wordCount: [0, 1],
  summary: 'lists certificates',
  help: 'TEXT is part of a name, description, alias or subject.',
  options: {
    environment: { value: 'NAME', says: 'only certificates deployed to this environment' },
    fingerprint: { value: 'SHA256', says: 'only the certificate that holds this X.509 certificate' },
    'expiring-within': { value: 'DAYS', says: 'only certificates that expire within this many days or have expired' },
  },
  async run({ service, words, options, json, out }) {
    const environment = options.text('environment');
    if (environment !== undefined) await environmentsNamed(service, [environment]);
    const certificates = await readPages(service, PAGE, { filter: filterOf(words, options) });
    if (json) out(JSON.stringify(certificates, null, 2));
    else
      out(
        table([
          ['NAME', 'ALIAS', 'ENVIRONMENTS', 'DAYS LEFT', 'SUBJECT'],
          ...certificates.flatMap(({ name, definitions }) =>
            definitions.map(({ alias, environments, content }) => [
              name,
              alias,
              namesOf(environments),
              String(content.daysLeft),
              content.subject,
            ]),
          ),
        ]),
      );
    return EXIT.ok;
  },
};

export const showCertificate: Command = {
  name: 'certificates show',
  words: 'NAME',
  wordCount: [1, 1],
  summary: 'shows one certificate with its definitions',
  help: 'NAME is the exact name of the certificate.',
  options: {},
  async run({ service, words: [name = ''], json, out }) {
    const certificate = await readCertificate(service, name);
    out(json ? JSON.stringify(certificate, null, 2) : certificateText(certificate));
    return EXIT.ok;
  },
};

const RETRIEVE = operation(
  'PresentedCertificates',
  `mutation ($input: RetrieveCertificatesInput!) {
  presented: retrieveCertificates(input: $input) {
    userErrors { code message }
    certificates { fingerprint userErrors { code message } warnings { code message } content { subject daysLeft pem } }
  }
}`,
);

export const retrieveCertificates: Command = {
  name: 'certificates retrieve',
  words: 'URL',
  wordCount: [1, 1],
  summary: 'shows the certificates that a server presents; stores nothing',
  help: 'URL is https://host[:port], ldaps://host[:port], or ldap://host[:port] for LDAP with StartTLS.\nNothing of what is shown was verified.',
  options: {},
  async run({ service, words: [url = ''], json, out }) {
    const { presented } = await service.look(RETRIEVE, { url });
    if (presented.userErrors.length > 0) throw new RefusedError(presented.userErrors);
    const { certificates } = presented;
    if (json) out(JSON.stringify(certificates, null, 2));
    else
      out(
        table([
          ['FINGERPRINT', 'DAYS LEFT', 'SUBJECT', 'NOTES'],
          ...certificates.map(({ fingerprint, content, userErrors, warnings }) => [
            fingerprint ?? '',
            content ? String(content.daysLeft) : '',
            content?.subject ?? 'unreadable',
            [...userErrors, ...warnings].map(userErrorText).join('; '),
          ]),
        ]),
      );
    return EXIT.ok;
  },
};

export const deleteCertificate: Command = {
  name: 'certificates delete',
  words: 'NAME',
  wordCount: [1, 1],
  summary: 'deletes a certificate; running JVMs stop trusting it',
  help: 'There is no prompt: NAME is the confirmation.',
  options: {
    jwks: { value: 'DECISION', says: 'what happens to the JWKs that follow it: DISCONNECT or DELETE_JWKS' },
  },
  async run({ service, words: [name = ''], options, json, out }) {
    const given = options.text('jwks');
    const decision = JWK_DECISIONS.find((each) => each === given) ?? null;
    if (given !== undefined && decision === null) throw new UsageError('--jwks takes DISCONNECT or DELETE_JWKS');
    const { id, version } = await readCertificate(service, name);
    const { deployment } = await changeCertificate(
      service,
      DELETE,
      { id, expectedVersion: version },
      { name, decision },
    );
    if (json) out(JSON.stringify({ id, name, deployment }, null, 2));
    else
      for (const { environment, revision } of deployment?.environments ?? [])
        out(`deleted from ${environment.name}, revision ${revision}`);
    return EXIT.ok;
  },
};

function filterOf([text]: readonly string[], options: Given): Record<string, unknown> {
  const days = options.text('expiring-within');
  if (days !== undefined && !/^\d{1,5}$/.test(days)) throw new UsageError('--expiring-within takes a number of days');
  return {
    ...(text !== undefined && { text }),
    ...Object.fromEntries(
      ['environment', 'fingerprint'].flatMap((name) => {
        const value = options.text(name);
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    ...(days !== undefined && { expiringWithinDays: Number(days) }),
  };
}

/** @throws ServiceError when there is none of this name */
export async function readCertificate(service: Service, name: string): Promise<Listed> {
  const { certificate } = await service.ask(ONE, { name });
  if (!certificate)
    throw new ServiceError(
      'NOT_FOUND',
      `there is no certificate ${JSON.stringify(name)}; trustcast certificates list shows all`,
    );
  return certificate;
}

function namesOf(environments: readonly { readonly name: string }[]): string {
  return environments.map(({ name }) => name).join(', ');
}

function certificateText({ name, version, createdAt, updatedAt, definitions, ...texts }: Listed): string {
  const head = table([
    ['name', name],
    ...certificateTexts.map((text): [string, string] => [text, texts[text]]),
    ['version', String(version)],
    ['created', createdAt],
    ['updated', updatedAt],
  ]);
  const each = definitions.map(({ alias, source, url, environments, content }) =>
    table([
      ['alias', alias],
      ['environments', namesOf(environments)],
      ['source', url === null ? source : `${source} ${url}`],
      ['subject', content.subject],
      ['issuer', content.issuer],
      ['valid', `${content.notBefore} to ${content.notAfter}, ${content.daysLeft} days left`],
      ['CA', content.ca ? 'yes' : 'no'],
      ['fingerprint', content.fingerprintSha256.toUpperCase().replace(/..(?=.)/g, '$&:')],
    ]),
  );
  return [head, ...each].join('\n\n');
}
