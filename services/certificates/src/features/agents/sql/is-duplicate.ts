import { DUPLICATE_FOR_MS } from '../../records/agent-record.js';

/** Of the status `s` of an agent: another host with its key was heard lately. */
export const IS_DUPLICATE = `coalesce(s.duplicate_at > clock_timestamp() - interval '${DUPLICATE_FOR_MS} milliseconds', false)`;
