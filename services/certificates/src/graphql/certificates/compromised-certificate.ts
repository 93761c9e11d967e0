import {
  Arg,
  Args,
  Ctx,
  Field,
  FieldResolver,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
} from 'type-graphql';
import { DateTime } from '../date-time.js';
import { decodeTextCursor, encodeTextCursor, isTimeText } from '../../domain/text-cursor.js';
import { PageArguments, connectionOf, connectionType, edgeType, readPage } from '../connection.js';
import {
  type CompromisedCursor,
  type CompromisedRecord,
  type CompromisedRow,
  compromisedCertificates,
  countCompromised,
  liftCompromise,
} from '../../postgres/compromised-certificates.js';
import type { Context } from '../context.js';
import { instance } from '../instance.js';
import { UserError } from '../user-errors/user-error.js';
import { userErrorsOf } from '../user-errors/user-errors.js';

@ObjectType({ description: 'An X.509 certificate that is refused because it is compromised.' })
export class CompromisedCertificate implements CompromisedRecord {
  @Field(() => String, { description: 'Its SHA-256.' })
  fingerprint!: string;

  @Field(() => String, { description: 'Name of the certificate that it was deleted with.' })
  certificateName!: string;

  @Field(() => String, { description: 'Why.' })
  reason!: string;

  @Field(() => String, { description: 'Who deleted it.' })
  actor!: string;

  @Field(() => DateTime, { description: 'When.' })
  deletedAt!: Date;
}

@InputType({ description: 'The end of the refusal of a compromised certificate.' })
export class LiftCompromiseInput {
  @Field(() => String, { description: 'SHA-256 of the certificate, with or without colons.' })
  fingerprint!: string;

  @Field(() => String, { description: 'The name that it was deleted under, typed as a confirmation.' })
  confirmName!: string;
}

@ObjectType({ description: 'The outcome of lifting a refusal.' })
export class LiftCompromisePayload {
  @Field(() => CompromisedCertificate, { nullable: true, description: 'What is admitted again; null: nothing.' })
  lifted!: CompromisedCertificate | null;

  @Field(() => [UserError], { description: 'Why it was not lifted; empty when it was.' })
  userErrors!: UserError[];
}

@ObjectType({ description: 'A compromised certificate in a list.' })
export class CompromisedCertificateEdge extends edgeType(() => CompromisedCertificate) {}

@ObjectType({ description: 'A page of what is refused because compromised.' })
export class CompromisedCertificateConnection extends connectionType(
  () => CompromisedCertificate,
  () => CompromisedCertificateEdge,
  'the latest first',
) {}

const KIND = 'compromised';

function cursorOf({ sortKey, fingerprint }: CompromisedCursor): string {
  return encodeTextCursor(KIND, sortKey, fingerprint);
}

function cursorFrom(text: string): CompromisedCursor | undefined {
  const [sortKey = '', fingerprint = ''] = decodeTextCursor(KIND, 2, text) ?? [];
  return isTimeText(sortKey) ? { sortKey, fingerprint } : undefined;
}

@Resolver(() => CompromisedCertificateConnection)
export class CompromisedCertificateResolver {
  @Query(() => CompromisedCertificateConnection, {
    description: 'What is refused because compromised, page by page.',
  })
  async compromisedCertificates(
    @Args(() => PageArguments) given: PageArguments,
    @Ctx() { reads }: Context,
  ): Promise<CompromisedCertificateConnection> {
    const page = readPage(given, cursorFrom);
    const rows = await compromisedCertificates(reads, page);
    const nodeOf = ({ sortKey: _, ...record }: CompromisedRow) => instance(CompromisedCertificate, record);
    const fields = connectionOf(CompromisedCertificateEdge, rows, page, { nodeOf, cursorOf });
    return instance(CompromisedCertificateConnection, fields);
  }

  @FieldResolver(() => Int, { description: 'How many there are on all pages.' })
  totalCount(@Ctx() { reads }: Context): Promise<number> {
    return countCompromised(reads);
  }

  @Mutation(() => LiftCompromisePayload, { description: 'Admits a certificate that was deleted because compromised.' })
  async liftCompromise(
    @Arg('input', () => LiftCompromiseInput, { description: 'Which one.' }) input: LiftCompromiseInput,
    @Ctx() context: Context,
  ): Promise<LiftCompromisePayload> {
    const { confirmName } = input;
    const text = input.fingerprint.replaceAll(':', '').toLowerCase();
    const fingerprint = /^[0-9a-f]{64}$/.test(text) ? text : '';
    const outcome = await liftCompromise(context.database, context, { fingerprint, confirmName });
    return 'answer' in outcome
      ? instance(LiftCompromisePayload, { lifted: instance(CompromisedCertificate, outcome.answer), userErrors: [] })
      : instance(LiftCompromisePayload, { lifted: null, userErrors: userErrorsOf(outcome.refusals) });
  }
}
