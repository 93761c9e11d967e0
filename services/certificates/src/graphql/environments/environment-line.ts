import { Field, ObjectType } from 'type-graphql';

@ObjectType({ description: 'An alias of an environment with its X.509 certificate.' })
export class EnvironmentLine {
  @Field(() => String, { description: 'The alias.' })
  alias!: string;

  @Field(() => String, { description: 'SHA-256 of the certificate.' })
  fingerprint!: string;
}
