import { type FieldPath, RefusedError } from './refusal.js';

/** A refusal or warning whose path begins with the part of the input that it concerns. */
export function pathed<Notice extends { readonly field: FieldPath | null }>(at: FieldPath, notice: Notice): Notice {
  return at.length === 0 ? notice : { ...notice, field: [...at, ...(notice.field ?? [])] };
}

/** Runs the work on a part of the input; paths of its refusals begin with that part. */
export async function within<Value>(at: FieldPath, work: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    throw new RefusedError(error.refusals.map((refusal) => pathed(at, refusal)));
  }
}
