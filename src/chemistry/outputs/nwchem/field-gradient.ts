import type { Section } from '../cues.ts';
import { realsOf } from '../fields.ts';
import type { Job } from '../job.ts';

const ATOM_ROW = /^\s*(\d+)\s+[A-Za-z]{0,2}\s+-?\d/;
const RULE_OR_HEADING = /^\s*(-+|XX\s+YY\s+ZZ\s+XY\s+XZ\s+YZ)?\s*$/;

/** NWChem's electric field gradients: a small table names the atom, another holds XX YY ZZ XY XZ YZ. */
export interface NwchemFieldGradients {
  /** The table under `Atom      X         Y         Z`. */
  atomTable(): Section;
  /** The table under `Electric field gradient in molecular frame (a.u.)`. */
  tensorTable(): Section;
}

export function nwchemFieldGradients(job: Job): NwchemFieldGradients {
  let center = 0;
  return {
    atomTable: () => ({
      take(text) {
        const row = ATOM_ROW.exec(text);
        if (row !== null) center = Number(row[1]);
        return row === null && RULE_OR_HEADING.test(text);
      },
    }),
    tensorTable: () => ({
      take(text) {
        if (RULE_OR_HEADING.test(text)) return true;
        const [xx, yy, zz, xy, xz, yz] = realsOf(text, 6, `the electric field gradient of atom ${center}`);
        if (center >= 1 && center <= (job.step.geometry?.atomicNumbers.length ?? 0)) {
          job.step.fieldGradients.set(center, [xx, xy, xz, xy, yy, yz, xz, yz, zz]);
        }
        center = 0;
        return false;
      },
    }),
  };
}
