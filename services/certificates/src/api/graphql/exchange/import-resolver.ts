import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { placeMapped, readMapping } from '../../../features/exchange/rules/environment-mapping.js';
import { environmentNames } from '../../../features/exchange/rules/export-document.js';
import { type Turn, importedCertificates } from '../../../features/exchange/rules/imported-certificates.js';
import { publicJwk } from '../../../features/jwks/public-jwk.js';
import type { Context } from '../context.js';
import { Deployment } from '../deployments/deployment.js';
import { ImportCertificatesInput, ImportPayload } from './import.js';
import { runImport } from './run-import.js';
import type { ImportedCertificate } from '../../../features/exchange/rules/import-plan.js';
import { type Result, accepted, all } from '../../../features/records/result.js';

@Resolver(() => ImportPayload)
export class ImportResolver {
  @Mutation(() => ImportPayload, {
    description:
      'Imports the certificates of an export with their JWKs, all or none, and deploys them. With `dryRun` it only returns the plan.',
  })
  async importCertificates(
    @Arg('input', () => ImportCertificatesInput, { description: 'The export and how to import it.' })
    input: ImportCertificatesInput,
    @Ctx() context: Context,
  ): Promise<ImportPayload> {
    const importing = { action: 'importCertificates', partial: false };
    const read = async (turn: Turn): Promise<Result<readonly ImportedCertificate[]>> => {
      const file = await context.intake.exportFile(input.content);
      const mapping = readMapping(input.environmentMapping ?? [], file.ok ? environmentNames(file.value) : null);
      const given = all({ file, mapping });
      if (!given.ok) return given;
      const environmentOf = (name: string) => given.value.mapping.get(name) ?? name;
      const readers = { admit: context.intake.admit, makeJwk: publicJwk };
      return accepted(await importedCertificates(given.value.file, environmentOf, readers, turn));
    };
    return runImport(context, input, importing, read, (refusal) =>
      placeMapped(refusal, input.environmentMapping ?? []),
    );
  }

  @FieldResolver(() => Deployment, {
    nullable: true,
    description: 'Progress of the deployment, or null if no environment changed.',
  })
  deployment(@Root() { deploymentId }: ImportPayload, @Ctx() { deployments }: Context) {
    return deploymentId === null ? null : deployments.load(deploymentId);
  }
}
