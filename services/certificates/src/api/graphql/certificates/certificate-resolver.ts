import { pemOf } from '@trustcast/x509';
import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import {
  readGivenTexts,
  readIdempotencyKey,
  readName,
  readTexts,
} from '../../../features/records/certificate-input.js';
import { readDefinitions, planDefinitions } from '../../../features/certificates/rules/definition-input.js';
import { accepted, all, optional } from '../../../features/records/result.js';
import { createCertificate } from '../../../features/certificates/create-certificate.js';
import { deleteCertificate } from '../../../features/certificates/delete-certificate.js';
import { certificateByName } from '../../../features/certificates/read/read-certificates.js';
import { updateCertificate } from '../../../features/certificates/update-certificate.js';
import { type Context, requestOf } from '../context.js';
import { Deployment, newDeployment } from '../deployments/deployment.js';
import { instance } from '../shape/instance.js';
import { Environment } from '../environments/environment.js';
import { isUuid } from '../../../features/records/is-uuid.js';
import { Certificate, CertificateDefinition } from './certificate.js';
import { CertificateImpact, impactOf } from './certificate-impact.js';
import { CertificateContent, certificateContent } from './certificate-content.js';
import {
  CreateCertificateInput,
  DeleteCertificateInput,
  UpdateCertificateInput,
  definitionInputs,
} from './certificate-inputs.js';
import { readJwkDecision } from '../jwks/jwk-decision-input.js';
import { CertificatePayload, certificatePayload } from './certificate-payload.js';
import { CertificateBy } from './certificate-by.js';

@Resolver(() => Certificate)
export class CertificateResolver {
  @Query(() => Certificate, {
    nullable: true,
    description: 'Returns one certificate, by id or by name. Null if it does not exist.',
  })
  async certificate(
    @Arg('by', () => CertificateBy, { description: 'The certificate to return.' }) { id, name }: CertificateBy,
    @Ctx() { reads, certificates }: Context,
  ): Promise<Certificate | null> {
    if (id != null) return isUuid(id) ? certificates.load(id.toLowerCase()) : null;
    if (name == null || name.includes('\0')) return null;
    const record = await certificateByName(reads, name.normalize('NFC'));
    return record && instance(Certificate, record);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Owner that `changeCertificates` recorded, such as the name of a manifest. Null if nobody owns the certificate.',
  })
  async owner(@Root() { id }: Certificate, @Ctx() { owners }: Context): Promise<string | null> {
    return (await owners.load(id))?.owner ?? null;
  }

  @FieldResolver(() => [CertificateImpact], {
    description: 'What the deletion of the certificate would affect in each environment.',
  })
  impact(@Root() certificate: Certificate, @Ctx() context: Context): Promise<CertificateImpact[]> {
    return impactOf(certificate, context);
  }

  @Mutation(() => CertificatePayload, {
    description: 'Stores a certificate and deploys it to its environments, or does neither.',
  })
  async createCertificate(
    @Arg('input', () => CreateCertificateInput, { description: 'The certificate to create.' })
    input: CreateCertificateInput,
    @Ctx() context: Context,
  ): Promise<CertificatePayload> {
    const definitions = await readDefinitions(definitionInputs(input.definitions), context.intake.admit);
    const read = all({
      name: readName(input.name),
      texts: readTexts(input),
      key: readIdempotencyKey(input.idempotencyKey),
      plan: definitions.ok ? planDefinitions(definitions.value) : definitions,
    });
    if (!read.ok) return certificatePayload(read);
    const { plan, name, texts } = read.value;
    const request = requestOf(context, 'createCertificate', input);
    return certificatePayload(await createCertificate(context.database, request, { ...plan, name, ...texts }));
  }

  @Mutation(() => CertificatePayload, {
    description: 'Updates a certificate and deploys the change. Each host replaces its truststore atomically.',
  })
  async updateCertificate(
    @Arg('input', () => UpdateCertificateInput, { description: 'The changes to make.' }) input: UpdateCertificateInput,
    @Ctx() context: Context,
  ): Promise<CertificatePayload> {
    const read = all({
      texts: readGivenTexts(input),
      key: readIdempotencyKey(input.idempotencyKey),
      jwkDecision: readJwkDecision(input),
      definitions:
        input.definitions == null
          ? accepted(null)
          : await readDefinitions(definitionInputs(input.definitions), context.intake.admit),
    });
    if (!read.ok) return certificatePayload(read);
    const { texts, jwkDecision, definitions } = read.value;
    const { id, expectedVersion, confirmName = null } = input;
    const request = requestOf(context, 'updateCertificate', input);
    const update = { id, expectedVersion, texts, definitions, jwkDecision, confirmName };
    return certificatePayload(await updateCertificate(context.database, request, update));
  }

  @Mutation(() => CertificatePayload, {
    description: 'Deletes a certificate and deploys the deletion. Running JVMs then refuse it.',
  })
  async deleteCertificate(
    @Arg('input', () => DeleteCertificateInput, { description: 'The certificate to delete.' })
    input: DeleteCertificateInput,
    @Ctx() context: Context,
  ): Promise<CertificatePayload> {
    const read = all({
      key: readIdempotencyKey(input.idempotencyKey),
      jwkDecision: readJwkDecision(input),
      compromised: optional(input.compromised, (reason) => readName(reason, 'compromised')),
    });
    if (!read.ok) return certificatePayload(read);
    const { jwkDecision, compromised } = read.value;
    const { id, expectedVersion, confirmName = null } = input;
    const request = requestOf(context, 'deleteCertificate', input);
    const deletion = { id, expectedVersion, jwkDecision, confirmName, compromised };
    return certificatePayload(await deleteCertificate(context.database, request, deletion));
  }
}

@Resolver(() => CertificateDefinition)
export class CertificateDefinitionResolver {
  @FieldResolver(() => [Environment], { description: 'Environments to which the definition is deployed.' })
  async environments(
    @Root() { environmentIds }: CertificateDefinition,
    @Ctx() { environments }: Context,
  ): Promise<Environment[]> {
    const found = await environments.loadMany(environmentIds);
    return found.filter((item) => item instanceof Environment);
  }

  @FieldResolver(() => CertificateContent, { description: 'The content of the X.509 certificate.' })
  async content(
    @Root() { fingerprint }: CertificateDefinition,
    @Ctx() { contents }: Context,
  ): Promise<CertificateContent> {
    const stored = await contents.load(fingerprint);
    if (!stored) throw new Error('a definition without its certificate');
    return certificateContent(pemOf(stored.der), stored.fields);
  }
}

@Resolver(() => CertificatePayload)
export class CertificatePayloadResolver {
  @FieldResolver(() => Deployment, {
    nullable: true,
    description: 'Progress of the deployment, or null if no environment changed.',
  })
  deployment(
    @Root() { deploymentId, deployed }: CertificatePayload,
    @Ctx() { deployments }: Context,
  ): Promise<Deployment | null> | Deployment | null {
    if (deploymentId === null) return null;
    return deployed ? newDeployment(deploymentId, deployed) : deployments.load(deploymentId);
  }
}
