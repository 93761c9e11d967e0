import { Field, InputType } from 'type-graphql';
import { ID } from '../shape/id.js';

@InputType({ description: 'Identifies one certificate by exactly one of these fields.' })
export class CertificateBy {
  @Field(() => ID, { nullable: true, description: 'Id of the certificate.' })
  id?: string;

  @Field(() => String, { nullable: true, description: 'Name of the certificate.' })
  name?: string;
}
