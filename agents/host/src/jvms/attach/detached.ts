import { HandMarks } from '../../state/hand-marks.js';

/** The processes whose JVMs were detached by hand. */
export class Detached extends HandMarks {
  constructor(stateDirectory: string) {
    super(stateDirectory, 'detached-');
  }
}
