import { Arg, Ctx, Field, GraphQLISODateTime, InputType, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import {
  type CompromisedRecord,
  compromisedCertificates,
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

  @Field(() => GraphQLISODateTime, { description: 'When.' })
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

@Resolver()
export class CompromisedCertificateResolver {
  @Query(() => [CompromisedCertificate], {
    description: 'What is refused because compromised, the latest 1,000 first.',
  })
  async compromisedCertificates(@Ctx() { database }: Context): Promise<CompromisedCertificate[]> {
    return (await compromisedCertificates(database)).map((record) => instance(CompromisedCertificate, record));
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
