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
import { readFingerprint } from '../../../features/records/certificate-input.js';
import { DateTime } from '../shape/date-time.js';
import { decodeTextCursor, encodeTextCursor, isTimeText } from '../../../features/records/paging/text-cursor.js';
import { PageArguments, connectionOf, connectionType, edgeType, readPage } from '../shape/connection.js';
import {
  type CompromisedCursor,
  type CompromisedRecord,
  type CompromisedRow,
  compromisedCertificates,
  countCompromised,
  liftCompromise,
} from '../../../features/certificates/compromised-certificates.js';
import type { Context } from '../context.js';
import { instance } from '../shape/instance.js';
import { UserError } from '../user-errors/user-error.js';
import { userErrorsOf } from '../user-errors/user-errors.js';

@ObjectType({ description: 'An X.509 certificate that is refused because it is compromised.' })
export class CompromisedCertificate implements CompromisedRecord {
  @Field(() => String, { description: 'SHA-256 fingerprint of the certificate.' })
  fingerprint!: string;

  @Field(() => String, { description: 'Name of the certificate at its deletion.' })
  certificateName!: string;

  @Field(() => String, { description: 'Reason given at deletion.' })
  reason!: string;

  @Field(() => String, { description: 'Token that deleted the certificate.' })
  actor!: string;

  @Field(() => DateTime, { description: 'Time of deletion.' })
  deletedAt!: Date;
}

@InputType({ description: 'Input for accepting a compromised certificate again.' })
export class LiftCompromiseInput {
  @Field(() => String, { description: 'SHA-256 fingerprint of the certificate, with or without colons.' })
  fingerprint!: string;

  @Field(() => String, { description: 'Name of the certificate at its deletion, typed as a confirmation.' })
  confirmName!: string;
}

@ObjectType({ description: 'Result of accepting a compromised certificate again.' })
export class LiftCompromisePayload {
  @Field(() => CompromisedCertificate, {
    nullable: true,
    description: 'The certificate that is accepted again, or null if nothing changed.',
  })
  lifted!: CompromisedCertificate | null;

  @Field(() => [UserError], { description: 'Reasons the refusal was not lifted; empty on success.' })
  userErrors!: UserError[];
}

@ObjectType({ description: 'A compromised certificate with its cursor.' })
export class CompromisedCertificateEdge extends edgeType(() => CompromisedCertificate) {}

@ObjectType({ description: 'A page of compromised certificates.' })
export class CompromisedCertificateConnection extends connectionType(
  () => CompromisedCertificate,
  () => CompromisedCertificateEdge,
  'newest first',
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
    description: 'Lists the X.509 certificates that are refused because they are compromised.',
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

  @FieldResolver(() => Int, { description: 'Number of compromised certificates on all pages.' })
  totalCount(@Ctx() { reads }: Context): Promise<number> {
    return countCompromised(reads);
  }

  @Mutation(() => LiftCompromisePayload, {
    description: 'Accepts a certificate again that was deleted as compromised.',
  })
  async liftCompromise(
    @Arg('input', () => LiftCompromiseInput, { description: 'The certificate to accept again.' })
    input: LiftCompromiseInput,
    @Ctx() context: Context,
  ): Promise<LiftCompromisePayload> {
    const { confirmName } = input;
    const fingerprint = readFingerprint(input.fingerprint, ['fingerprint']);
    const result = fingerprint.ok
      ? await liftCompromise(context.database, context, { fingerprint: fingerprint.value, confirmName })
      : fingerprint;
    return result.ok
      ? instance(LiftCompromisePayload, { lifted: instance(CompromisedCertificate, result.value), userErrors: [] })
      : instance(LiftCompromisePayload, { lifted: null, userErrors: userErrorsOf(result.refusals) });
  }
}
