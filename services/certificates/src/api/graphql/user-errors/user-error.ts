import { Field, InterfaceType, registerEnumType } from 'type-graphql';
import type { Refusal, RefusalCode } from '../../../features/records/refusal.js';
import { REFUSALS } from '../../../features/records/refusal-table.js';

const UserErrorCode = Object.fromEntries(Object.keys(REFUSALS).map((code) => [code, code])) as {
  [Code in RefusalCode]: Code;
};
registerEnumType(UserErrorCode, {
  name: 'UserErrorCode',
  description: 'Reason a change was refused. Codes are stable; messages may change.',
  valuesConfig: REFUSALS,
});

@InterfaceType({ description: 'Reason a change was refused, which the caller can correct.' })
export abstract class UserError {
  @Field(() => UserErrorCode, { description: 'Stable, machine-readable code.' })
  code!: Refusal['code'];

  @Field(() => String, { description: 'Message for people; its wording may change.' })
  message!: string;

  @Field(() => [String], {
    nullable: true,
    description: 'Path of the input field that the error concerns, or null if it concerns none in particular.',
  })
  field!: readonly string[] | null;
}
