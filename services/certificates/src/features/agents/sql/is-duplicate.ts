import { DUPLICATE_FOR_MS } from '../../records/agent-record.js';

/** Of the status `s` of an agent: the host that was heard with its key, as the JSON of a DuplicateHost. */
export const DUPLICATE_JSON = `json_build_object('hostname', s.duplicate_hostname, 'bootId', s.duplicate_boot_id, 'at', s.duplicate_at)`;

/** Of the status `s` of an agent: another host with its key was heard lately. */
export const IS_DUPLICATE = `coalesce(s.duplicate_at > clock_timestamp() - interval '${DUPLICATE_FOR_MS} milliseconds', false)`;
