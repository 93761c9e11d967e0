import { isUuid } from '../is-uuid.js';
import { decodeTextCursor, encodeTextCursor, isTimeText } from './text-cursor.js';

/** A row of a list in the order of times. `sortKey` is a time as PostgreSQL writes it. */
export interface TimeCursor {
  readonly sortKey: string;
  readonly id: string;
}

/** How the cursors of one kind of list are written and read. */
export function timeCursors(kind: string) {
  return {
    encode: ({ sortKey, id }: TimeCursor) => encodeTextCursor(kind, sortKey, id),
    /** undefined: no cursor of this kind. */
    decode: (text: string): TimeCursor | undefined => {
      const [sortKey = '', id = ''] = decodeTextCursor(kind, 2, text) ?? [];
      return isTimeText(sortKey) && isUuid(id) ? { sortKey, id } : undefined;
    },
  };
}
