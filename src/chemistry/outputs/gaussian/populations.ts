import type { Section } from '../cues.ts';
import { FieldError, numberTexts, realOf } from '../fields.ts';
import type { Job } from '../job.ts';
import { PopulationTable } from '../population-table.ts';

const FUNCTION_NUMBER = /^\s*(\d+|\*+)\s*$/;
const CARTESIAN_D = /^(\d+)(XX|YY|ZZ|XY|XZ|YZ)$/;

/**
 * Gaussian's `Gross orbital populations:` (pop=full), of which the first column is the total; open shells have `Alpha`,
 * `Beta` and `Spin` beside it. Columns are fixed: function 0-3, centre 5-8, element 9-10, orbital 11-20, values of ten from 21.
 * ```
 *    1 1   Na 1S          2.00000   1.00000   1.00000   0.00000
 *    2        2S          1.99998   0.99999   0.99999   0.00000
 * ```
 * Labels are kept as printed but for blanks (`5D 0` is `5D0`) and for Cartesian d functions, whose `5XX` is the paper's `5DXX`.
 */
export class GaussianPopulations implements Section {
  private readonly table: PopulationTable;
  private center = 0;

  constructor(job: Job) {
    this.table = new PopulationTable(job);
  }

  take(text: string): boolean {
    if (this.center === 0 && isHeading(text)) return true;
    if (!FUNCTION_NUMBER.test(text.slice(0, 5)) || text.length < 22) {
      this.table.finish();
      return false;
    }
    const center = text.slice(5, 9).trim();
    if (center !== '') {
      if (!/^\d+$/.test(center)) throw new FieldError('MALFORMED_FILE', `"${center}" is no number of an atom.`);
      this.center = Number(center);
    }
    const label = text.slice(11, 21).replaceAll(/\s/g, '').replace(CARTESIAN_D, '$1D$2');
    const values = numberTexts(text.slice(21));
    if (label === '' || values === null || values.length === 0) {
      throw new FieldError('MALFORMED_FILE', `"${text.trim().slice(0, 60)}" is no row of gross orbital populations.`);
    }
    this.table.add(this.center, label, realOf(values[0], `the population of ${label} of atom ${this.center}`));
    return true;
  }
}

/** The number of the only column, or the names of the four. */
function isHeading(text: string): boolean {
  return /^\s*(1|Total\s+Alpha\s+Beta\s+Spin)\s*$/i.test(text);
}
