import { Field, ObjectType } from 'type-graphql';

@ObjectType({ description: 'An alias of an environment with its X.509 certificate.' })
export class EnvironmentEntry {
  @Field(() => String, { description: 'Alias of the entry in truststores.' })
  alias!: string;

  @Field(() => String, { description: 'SHA-256 fingerprint of the certificate.' })
  fingerprint!: string;
}
