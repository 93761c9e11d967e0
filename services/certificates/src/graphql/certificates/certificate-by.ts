import { Field, InputType } from 'type-graphql';
import { ID } from '../id.js';

@InputType({ description: 'Names one certificate, by exactly one of these.' })
export class CertificateBy {
  @Field(() => ID, { nullable: true, description: 'Its id.' })
  id?: string;

  @Field(() => String, { nullable: true, description: 'Its name.' })
  name?: string;
}
