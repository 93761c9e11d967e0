import { HandMarks } from '../../state/hand-marks.js';

/** Reason of a JVM that was detached by hand. */
export const DETACHED = 'DETACHED';

/** The processes whose JVMs were detached by hand. */
export class Detached extends HandMarks {
  constructor(stateDirectory: string) {
    super(stateDirectory, 'detached-');
  }
}
