import type { DeploymentState, HostState, JvmState } from '../api/answer-types.js';
import type { Tone } from './pill.js';

const TONES: Readonly<Partial<Record<DeploymentState | HostState | JvmState, Tone>>> = {
  LIVE: 'good',
  WRITTEN: 'good',
  STALE: 'warn',
  FAILED: 'bad',
  UNREACHABLE: 'bad',
  REVOKED: 'bad',
  DIVERGED: 'bad',
  UNSUPPORTED: 'bad',
};

export function toneOfState(state: DeploymentState | HostState | JvmState): Tone {
  return TONES[state] ?? 'plain';
}
