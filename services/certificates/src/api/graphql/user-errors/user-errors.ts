import { Ctx, Field, ObjectType } from 'type-graphql';
import type { Detail } from '../../../features/records/refusal-details.js';
import type { Refusal, RefusalCode } from '../../../features/records/refusal.js';
import { REFUSALS } from '../../../features/records/refusal-table.js';
import type { Context } from '../context.js';
import { DETAIL_FIELDS, type DetailField } from './detail-fields.js';
import { UserError } from './user-error.js';

type UserErrorType = new () => UserError;

/** The GraphQL type of each code, made from the table of refusals. */
const TYPES = Object.fromEntries(
  Object.entries(REFUSALS).map(([code, { typeDescription, details }]) => [
    code,
    makeType(code, typeDescription, details),
  ]),
) as Record<RefusalCode, UserErrorType>;

export const userErrorTypes = Object.values(TYPES);

/** Converts refusals to objects of GraphQL. */
export function userErrorsOf(refusals: readonly Refusal[]): UserError[] {
  return refusals.map((refusal) => Object.assign(new TYPES[refusal.code](), shown(refusal)));
}

function shown(refusal: Refusal): object {
  const details = REFUSALS[refusal.code].details as Readonly<Record<string, Detail>>;
  return Object.fromEntries(
    Object.entries(refusal).map(([name, value]) => {
      const detail = details[name];
      return [name, detail === undefined ? value : (fieldOf(detail).show?.(value) ?? value)];
    }),
  );
}

/** `ALIAS_TAKEN` is shown as `AliasTaken`. */
function makeType(code: string, description: string, details: Readonly<Record<string, Detail>>): UserErrorType {
  const type = class extends UserError {};
  const name = code.toLowerCase().replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  Object.defineProperty(type, 'name', { value: name });
  for (const [member, detail] of Object.entries(details)) addField(type, member, detail);
  ObjectType(name, { implements: UserError, description })(type);
  return type;
}

function addField(type: UserErrorType, member: string, detail: Detail): void {
  const prototype = type.prototype as UserError;
  const { type: shownType, load } = fieldOf(detail);
  if (!load) {
    Field(shownType, { description: detail.description })(prototype, member);
    return;
  }
  const field = member.replace(/Id$/, '');
  const method = function (this: Readonly<Record<string, unknown>>, context: Context) {
    return load(context, this[member]);
  };
  const property = { value: method, writable: true, configurable: true };
  Object.defineProperty(prototype, field, property);
  Ctx()(prototype, field, 0);
  Field(shownType, { description: detail.description, nullable: true })(prototype, field, property);
}

function fieldOf({ kind }: Detail): DetailField<unknown> {
  return DETAIL_FIELDS[kind] as DetailField<unknown>;
}
