import { randomUUID } from 'node:crypto';
import { table } from '@trustcast/terminal';
import { type Command, EXIT } from '../command.js';
import { UsageError } from '../errors.js';
import { checkPermissions } from '../permissions.js';
import { readPages } from '../read-pages.js';
import type { GrantPageQuery } from '../service/answer-types.js';
import { required } from '../service/answers.js';
import { operation } from '../service/operation.js';

const FIELDS = 'id issuer subject group permissions environments createdBy createdAt';
const PAGE = operation(
  'GrantPage',
  `query ($after: String) {
  page: grants(first: 200, after: $after) { nodes { ${FIELDS} } pageInfo { hasNextPage endCursor } } }`,
);
const CREATE = operation(
  'CreateGrant',
  `mutation ($input: CreateGrantInput!) {
  payload: createGrant(input: $input) { grant { ${FIELDS} } userErrors { code message field } } }`,
);
const DELETE = operation(
  'DeleteGrant',
  `mutation ($input: DeleteGrantInput!) {
  payload: deleteGrant(input: $input) { grant { ${FIELDS} } userErrors { code message field } } }`,
);

export const listGrants: Command = {
  name: 'grants list',
  words: '',
  wordCount: [0, 0],
  summary: 'lists what people and groups may do',
  help: 'trustcast tokens list shows what API tokens may do.',
  options: {},
  async run({ service, json, out }) {
    const grants = await readPages(service, PAGE, {});
    if (json) out(JSON.stringify(grants, null, 2));
    else
      out(
        table([
          ['ID', 'WHO', 'PERMISSIONS', 'ENVIRONMENTS', 'ISSUER', 'CREATED BY'],
          ...grants.map((grant) => [
            grant.id,
            whoOf(grant),
            grant.permissions.join(' '),
            grant.environments?.join(' ') ?? 'all',
            grant.issuer,
            grant.createdBy,
          ]),
        ]),
      );
    return EXIT.ok;
  },
};

export const createGrant: Command = {
  name: 'grants create',
  words: 'PERMISSION...',
  wordCount: [1, 6],
  summary: 'grants permissions to a person or a group',
  help: 'PERMISSION is VIEW, MANAGE, DEPLOY, APPROVE, EXPORT or ADMIN; no permission includes another. docs/access.md says what\neach is for. trustcast whoami shows the subject and the groups of who is signed in.',
  options: {
    subject: { value: 'SUBJECT', says: 'person to grant them to, as the provider names them' },
    group: { value: 'GROUP', says: 'group to grant them to, as the provider names it' },
    issuer: { value: 'URL', says: 'provider of the subject or group (default: the only one that there is)' },
    environment: { value: 'NAME', multiple: true, says: 'environment in which the permissions hold (default: all)' },
  },
  async run({ service, words: permissions, options, json, out }) {
    checkPermissions(permissions);
    const [subject = null, group = null] = [options.text('subject'), options.text('group')];
    if ((subject === null) === (group === null)) throw new UsageError('give --subject or --group, and not both');
    const environments = options.all('environment');
    const created = await service.change(CREATE, {
      issuer: options.text('issuer') ?? null,
      subject,
      group,
      permissions,
      environments: environments.length > 0 ? environments : null,
      idempotencyKey: randomUUID(),
    });
    const grant = required(created.grant, 'a grant');
    const where = grant.environments?.join(', ') ?? 'all environments';
    out(
      json
        ? JSON.stringify(grant, null, 2)
        : `${whoOf(grant)} has ${grant.permissions.join(', ')} in ${where}: ${grant.id}`,
    );
    return EXIT.ok;
  },
};

export const deleteGrant: Command = {
  name: 'grants delete',
  words: 'ID',
  wordCount: [1, 1],
  summary: 'takes a grant back; every process of the service knows it within two seconds',
  help: 'trustcast grants list shows the ids. API tokens that somebody made stay: see trustcast tokens list.',
  options: {},
  async run({ service, words: [id = ''], json, out }) {
    const grant = required((await service.change(DELETE, { id })).grant, 'a grant');
    out(json ? JSON.stringify(grant, null, 2) : `${grant.permissions.join(', ')} is taken from ${whoOf(grant)}`);
    return EXIT.ok;
  },
};

function whoOf({ subject, group }: Pick<GrantPageQuery['page']['nodes'][number], 'subject' | 'group'>): string {
  return subject ?? `group ${group ?? ''}`;
}
