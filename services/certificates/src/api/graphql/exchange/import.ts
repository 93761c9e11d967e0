import { Field, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { ConflictPolicy as Policy, ImportAction as Action } from '../../../features/exchange/rules/import-plan.js';
import type { Refusal } from '../../../features/records/refusal.js';
import type { ImportResult } from '../../../features/exchange/import-certificates.js';
import type { ImportedDefinition as DefinitionRecord } from '../../../features/exchange/rules/import-answer.js';
import { CONFIRM_ISSUER_LIST, KEY_DESCRIPTION } from '../certificates/certificate-inputs.js';
import { Warning } from '../certificates/certificate-payload.js';
import { instance } from '../shape/instance.js';
import { UserError } from '../user-errors/user-error.js';
import { userErrorsOf } from '../user-errors/user-errors.js';

const ConflictPolicy = { REFUSE: 'REFUSE', SKIP: 'SKIP', REPLACE: 'REPLACE' } as const;
registerEnumType(ConflictPolicy, {
  name: 'ConflictPolicy',
  description: 'What an import does with certificates that exist and differ.',
  valuesConfig: {
    REFUSE: { description: 'The import is refused.' },
    SKIP: {
      description:
        'The existing certificate is kept, and so is everything whose alias, X.509 certificate or JWK conflicts with the imported one.',
    },
    REPLACE: { description: 'The existing certificate is replaced by the imported one, atomically on each host.' },
  },
});

export const ImportAction = {
  ADD: 'ADD',
  REPLACE: 'REPLACE',
  UNCHANGED: 'UNCHANGED',
  SKIP: 'SKIP',
  REFUSE: 'REFUSE',
} as const;
registerEnumType(ImportAction, {
  name: 'ImportAction',
  description: 'What an import does with one certificate.',
  valuesConfig: {
    ADD: { description: 'The certificate does not exist yet and is added.' },
    REPLACE: { description: 'The certificate exists, differs, and is replaced.' },
    UNCHANGED: { description: 'The certificate exists and is identical.' },
    SKIP: { description: 'The certificate is left out because of the conflict policy.' },
    REFUSE: { description: 'The certificate cannot be imported; `userErrors` gives the reasons.' },
  },
});

@InputType({ description: "A mapping from an environment's name in the export to its name in this installation." })
export class EnvironmentMappingInput {
  @Field(() => String, { description: 'Name of the environment in the export.' })
  from!: string;

  @Field(() => String, { description: 'Name of the environment in this installation.' })
  to!: string;
}

@InputType({ description: 'What imports have in common.' })
export abstract class ImportFields {
  @Field(() => ConflictPolicy, {
    defaultValue: ConflictPolicy.REFUSE,
    description: 'What happens to certificates that exist and differ.',
  })
  onConflict!: Policy;

  @Field(() => Boolean, { description: 'Whether to return only the plan.' })
  dryRun!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'The `plan` of a preview. The import is refused if the plan has changed since.',
  })
  expectedPlan?: string | null;

  @Field(() => String, { nullable: true, description: KEY_DESCRIPTION })
  idempotencyKey?: string | null;

  @Field(() => Boolean, { defaultValue: false, description: CONFIRM_ISSUER_LIST })
  confirmIssuerList!: boolean;
}

@InputType({ description: 'Input for importing an export.' })
export class ImportCertificatesInput extends ImportFields {
  @Field(() => String, {
    description: 'Base64 of the exported ZIP or JSON file, or the JSON text itself; in a multipart request, the file.',
  })
  content!: string;

  @Field(() => [EnvironmentMappingInput], {
    nullable: true,
    description: 'Environments whose names differ in this installation. All others keep their names.',
  })
  environmentMapping?: EnvironmentMappingInput[] | null;
}

@ObjectType({ description: 'A JWK that an import creates from a certificate and that follows it.' })
export class ImportedJwk {
  @Field(() => String, { description: 'Name of the environment that publishes the JWK.' })
  environment!: string;

  @Field(() => String, { description: 'Name of the JWK.' })
  name!: string;

  @Field(() => String, { description: 'Algorithm of the JWK, such as RS256.' })
  algorithm!: string;
}

@ObjectType({ description: 'A definition of a certificate in the plan of an import.' })
export class ImportedDefinition {
  @Field(() => String, { description: 'Alias of the entry in truststores.' })
  alias!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'SHA-256 fingerprint of the X.509 certificate, or null if the certificate cannot be read or is refused.',
  })
  fingerprint!: string | null;

  environmentIds!: readonly string[];
}

@ObjectType({ description: 'What an import does with one certificate.' })
export class ImportItem {
  @Field(() => String, { description: 'Name of the certificate.' })
  name!: string;

  @Field(() => ImportAction, { description: 'What the import does with the certificate.' })
  action!: Action;

  certificateId!: string | null;

  @Field(() => [ImportedDefinition], {
    description: 'Definitions in the file, with environments under their names in this installation.',
  })
  submitted!: readonly ImportedDefinition[];

  @Field(() => [ImportedDefinition], {
    nullable: true,
    description: 'Definitions before the import, or null if the certificate does not exist.',
  })
  before!: readonly ImportedDefinition[] | null;

  @Field(() => [ImportedDefinition], {
    nullable: true,
    description: 'Definitions after the import, or null if the certificate does not exist then.',
  })
  after!: readonly ImportedDefinition[] | null;

  @Field(() => [ImportedJwk], { description: 'JWKs that the import adds. It never changes or deletes a JWK.' })
  jwks!: readonly ImportedJwk[];

  @Field(() => [Warning], { description: 'Warnings about the certificate.' })
  warnings!: readonly Warning[];

  @Field(() => [UserError], { description: 'Reasons the certificate cannot be imported.' })
  userErrors!: readonly UserError[];
}

@ObjectType({ description: 'Numbers of certificates of an import by action.' })
export class ImportCounts {
  @Field(() => Int, { description: 'Number of certificates that are added.' })
  added!: number;

  @Field(() => Int, { description: 'Number of certificates that are replaced.' })
  replaced!: number;

  @Field(() => Int, { description: 'Number of certificates that are identical.' })
  unchanged!: number;

  @Field(() => Int, { description: 'Number of certificates that the conflict policy leaves out.' })
  skipped!: number;

  @Field(() => Int, { description: 'Number of certificates that cannot be imported.' })
  refused!: number;
}

@ObjectType({ description: 'Result of an import, or its plan if nothing was imported.' })
export class ImportPayload {
  @Field(() => String, { nullable: true, description: 'Identifier of exactly this plan, or null if there is none.' })
  plan!: string | null;

  @Field(() => [ImportItem], { description: 'Each certificate, in the order of the file.' })
  items!: readonly ImportItem[];

  @Field(() => ImportCounts, { description: 'Numbers of certificates by action.' })
  counts!: ImportCounts;

  deploymentId!: string | null;

  @Field(() => [Warning], { description: 'Warnings about the import as a whole.' })
  warnings!: readonly Warning[];

  @Field(() => [UserError], { description: 'Reasons nothing was imported, or would not be; empty on success.' })
  userErrors!: readonly UserError[];
}

const definitionOf = (definition: DefinitionRecord) => instance(ImportedDefinition, definition);

/** Many certificates may be refused for the same reason. */
const MAX_SHOWN = 100;

export function importPayload(result: ImportResult): ImportPayload {
  const shown = result.ok ? result.value : result.wouldBe;
  const nothing = { plan: null, items: [] as const, deploymentId: null, warnings: [] };
  const { plan, items, deploymentId, warnings } = shown ?? nothing;
  const refusals: readonly Refusal[] = result.ok ? [] : result.refusals;
  const count = (action: Action) => items.filter((item) => item.action === action).length;
  return instance(ImportPayload, {
    plan,
    items: items.map(({ refusals: reasons, ...item }) =>
      instance(ImportItem, {
        ...item,
        jwks: item.jwks.map((jwk) => instance(ImportedJwk, jwk)),
        submitted: item.submitted.map(definitionOf),
        before: item.before?.map(definitionOf) ?? null,
        after: item.after?.map(definitionOf) ?? null,
        warnings: item.warnings.map((warning) => instance(Warning, warning)),
        userErrors: userErrorsOf(reasons),
      }),
    ),
    counts: instance(ImportCounts, {
      added: count('ADD'),
      replaced: count('REPLACE'),
      unchanged: count('UNCHANGED'),
      skipped: count('SKIP'),
      refused: count('REFUSE'),
    }),
    deploymentId,
    warnings: warnings.map((warning) => instance(Warning, warning)),
    userErrors: userErrorsOf(refusals.slice(0, MAX_SHOWN)),
  });
}
