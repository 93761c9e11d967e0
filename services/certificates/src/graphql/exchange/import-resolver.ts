import { setImmediate as turn } from 'node:timers/promises';
import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { checkIdempotencyKey } from '../../domain/certificate-input.js';
import type { ExportFile } from '../../domain/export-document.js';
import { fileRefusal, importedCertificates } from '../../domain/imported-certificates.js';
import type { Refusal } from '../../domain/refusal.js';
import { readExport } from '../../exchange/export-archive.js';
import { publicJwk } from '../../jwks/public-jwk.js';
import { importCertificates } from '../../postgres/import-certificates.js';
import { type Context, requestOf } from '../context.js';
import { Deployment } from '../deployments/deployment.js';
import { ImportCertificatesInput, ImportPayload, importPayload } from './import.js';

@Resolver(() => ImportPayload)
export class ImportResolver {
  @Mutation(() => ImportPayload, {
    description:
      'Imports the certificates of an export with their JWKs, all or none, and deploys them; or says what that would do.',
  })
  async importCertificates(
    @Arg('input', () => ImportCertificatesInput, { description: 'What to import.' }) input: ImportCertificatesInput,
    @Ctx() context: Context,
  ): Promise<ImportPayload> {
    const { content, onConflict, dryRun, expectedPlan = null, idempotencyKey } = input;
    const key = idempotencyKey == null ? '' : checkIdempotencyKey(idempotencyKey);
    const file = readFile(content);
    const mapping = mappingOf(input);
    const refusals = [key, file, mapping].filter((each): each is Refusal => typeof each === 'object' && 'code' in each);
    if (refusals.length > 0 || 'code' in file || 'code' in mapping) return importPayload({ refusals });
    const certificates = await importedCertificates(
      file,
      (name) => mapping.get(name) ?? name,
      { admit: context.intake.admit, makeJwk: publicJwk },
      () => turn(),
    );
    return importPayload(
      await importCertificates(context.database, requestOf(context, 'importCertificates', input), {
        action: 'importCertificates',
        certificates,
        policy: onConflict,
        partial: false,
        dryRun,
        expectedPlan,
      }),
    );
  }

  @FieldResolver(() => Deployment, {
    nullable: true,
    description: 'The progress of what was deployed; null when no environment changed.',
  })
  deployment(@Root() { deploymentId }: ImportPayload, @Ctx() { deployments }: Context) {
    return deploymentId === null ? null : deployments.load(deploymentId);
  }
}

function readFile(content: string): ExportFile | Refusal {
  const isText = content.trimStart().startsWith('{');
  try {
    return readExport(Buffer.from(content, isText ? 'utf8' : 'base64'));
  } catch (error) {
    return fileRefusal(error);
  }
}

function mappingOf({ environmentMapping }: ImportCertificatesInput): Map<string, string> | Refusal {
  const mapping = new Map<string, string>();
  for (const [index, { from, to }] of (environmentMapping ?? []).entries()) {
    if (mapping.has(from))
      return {
        code: 'INVALID_INPUT',
        message: 'the environment is mapped twice',
        field: ['environmentMapping', String(index), 'from'],
      };
    mapping.set(from, to);
  }
  return mapping;
}
