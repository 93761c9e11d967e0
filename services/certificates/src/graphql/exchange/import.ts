import { Field, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { ConflictPolicy as Policy, ImportAction as Action } from '../../domain/import-plan.js';
import type { Refusal } from '../../domain/refusal.js';
import type { ImportOutcome } from '../../postgres/import-certificates.js';
import type { ImportedDefinition as DefinitionRecord } from '../../postgres/import-certificates.js';
import { CONFIRM_ISSUER_LIST, KEY_DESCRIPTION } from '../certificates/certificate-inputs.js';
import { Warning } from '../certificates/certificate-payload.js';
import { instance } from '../instance.js';
import { UserError } from '../user-errors/user-error.js';
import { userErrorsOf } from '../user-errors/user-errors.js';

const ConflictPolicy = { REFUSE: 'REFUSE', SKIP: 'SKIP', REPLACE: 'REPLACE' } as const;
registerEnumType(ConflictPolicy, {
  name: 'ConflictPolicy',
  description: 'What an import does with what is there already and differs.',
  valuesConfig: {
    REFUSE: { description: 'It is refused.' },
    SKIP: {
      description: 'It stays as it is, and so does what its alias, its certificate or a JWK stands in the way of.',
    },
    REPLACE: { description: 'It becomes what is imported, at once on every host.' },
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
    ADD: { description: 'It is not there yet.' },
    REPLACE: { description: 'It is there and differs.' },
    UNCHANGED: { description: 'It is there exactly so.' },
    SKIP: { description: 'It is left out, as the policy says.' },
    REFUSE: { description: 'It cannot be imported: `userErrors` say why.' },
  },
});

@InputType({ description: 'What an environment of an export is called here.' })
export class EnvironmentMappingInput {
  @Field(() => String, { description: 'Its name in the export.' })
  from!: string;

  @Field(() => String, { description: 'Its name here.' })
  to!: string;
}

@InputType({ description: 'What imports have in common.' })
export abstract class ImportFields {
  @Field(() => ConflictPolicy, { defaultValue: ConflictPolicy.REFUSE, description: 'What happens to what differs.' })
  onConflict!: Policy;

  @Field(() => Boolean, { description: 'Only says what would be done.' })
  dryRun!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'The `plan` of a preview: nothing is done when it would be another one by now.',
  })
  expectedPlan?: string | null;

  @Field(() => String, { nullable: true, description: KEY_DESCRIPTION })
  idempotencyKey?: string | null;

  @Field(() => Boolean, { defaultValue: false, description: CONFIRM_ISSUER_LIST })
  confirmIssuerList!: boolean;
}

@InputType({ description: 'Certificates from an export.' })
export class ImportCertificatesInput extends ImportFields {
  @Field(() => String, {
    description: 'Base64 of the exported ZIP or JSON file, or the text of the latter; as multipart the file itself.',
  })
  content!: string;

  @Field(() => [EnvironmentMappingInput], {
    nullable: true,
    description: 'Environments that are called otherwise here; any other keeps its name.',
  })
  environmentMapping?: EnvironmentMappingInput[] | null;
}

@ObjectType({ description: 'A JWK that an import makes from a certificate, which it follows then.' })
export class ImportedJwk {
  @Field(() => String, { description: 'Name of the environment that publishes it.' })
  environment!: string;

  @Field(() => String, { description: 'Its name.' })
  name!: string;

  @Field(() => String, { description: 'What it is used with, such as RS256.' })
  algorithm!: string;
}

@ObjectType({ description: 'A definition of a certificate in the light of an import.' })
export class ImportedDefinition {
  @Field(() => String, { description: 'Name of the entry in the truststores.' })
  alias!: string;

  @Field(() => String, {
    nullable: true,
    description: 'SHA-256 of the X.509 certificate; null: it cannot be read, or is refused.',
  })
  fingerprint!: string | null;

  environmentIds!: readonly string[];
}

@ObjectType({ description: 'What an import does with one certificate.' })
export class ImportItem {
  @Field(() => String, { description: 'Name of the certificate.' })
  name!: string;

  @Field(() => ImportAction, { description: 'What is done with it.' })
  action!: Action;

  certificateId!: string | null;

  @Field(() => [ImportedDefinition], {
    description: 'Its definitions, as the file has them and environments are called here.',
  })
  submitted!: readonly ImportedDefinition[];

  @Field(() => [ImportedDefinition], { nullable: true, description: 'Those before the import; null: it is not there.' })
  before!: readonly ImportedDefinition[] | null;

  @Field(() => [ImportedDefinition], { nullable: true, description: 'Those after it; null: it is not there then.' })
  after!: readonly ImportedDefinition[] | null;

  @Field(() => [ImportedJwk], { description: 'Those that are added; none is ever changed or taken away.' })
  jwks!: readonly ImportedJwk[];

  @Field(() => [Warning], { description: 'Worth knowing before it is trusted.' })
  warnings!: readonly Warning[];

  @Field(() => [UserError], { description: 'What stands in the way of it.' })
  userErrors!: readonly UserError[];
}

@ObjectType({ description: 'How many certificates of an import there are for each action.' })
export class ImportCounts {
  @Field(() => Int, { description: 'Not there before.' })
  added!: number;

  @Field(() => Int, { description: 'There before, and other.' })
  replaced!: number;

  @Field(() => Int, { description: 'There before, exactly so.' })
  unchanged!: number;

  @Field(() => Int, { description: 'Left out, as the policy says.' })
  skipped!: number;

  @Field(() => Int, { description: 'Refused.' })
  refused!: number;
}

@ObjectType({ description: 'The outcome of an import, or what it would be: now, where nothing was imported.' })
export class ImportPayload {
  @Field(() => String, { nullable: true, description: 'Stands for exactly this plan; null: there is none.' })
  plan!: string | null;

  @Field(() => [ImportItem], { description: 'Each certificate, in the order of the file.' })
  items!: readonly ImportItem[];

  @Field(() => ImportCounts, { description: 'How many of each.' })
  counts!: ImportCounts;

  deploymentId!: string | null;

  @Field(() => [Warning], { description: 'Warnings about the import as a whole.' })
  warnings!: readonly Warning[];

  @Field(() => [UserError], { description: 'Why nothing was imported; empty when it was, or would be looked at.' })
  userErrors!: readonly UserError[];
}

const definitionOf = (definition: DefinitionRecord) => instance(ImportedDefinition, definition);

/** Many certificates may be refused for the same reason. */
const MAX_TOLD = 100;

export function importPayload(outcome: ImportOutcome): ImportPayload {
  const shown = 'answer' in outcome ? outcome.answer : outcome.wouldBe;
  const nothing = { plan: null, items: [] as const, deploymentId: null, warnings: [] };
  const { plan, items, deploymentId, warnings } = shown ?? nothing;
  const refusals: readonly Refusal[] = 'refusals' in outcome ? outcome.refusals : [];
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
    userErrors: userErrorsOf(refusals.slice(0, MAX_TOLD)),
  });
}
