import type { Section } from '../cues.ts';
import { realOf } from '../fields.ts';
import type { Job } from '../job.ts';
import { PopulationTable } from '../population-table.ts';

const ROW = /^\s*\d+\s+(\d+)\s+([A-Za-z]{1,2})\w*\s+([a-z]\S*)\s+(\S+)\s*$/;

/**
 * NWChem's `----- Total      gross population in ao -----`, which the property module prints on request. NWChem gives a
 * function's kind only, so the label counts the kinds of an atom: its third `s` is `3s`.
 */
export class NwchemPopulations implements Section {
  private readonly table: PopulationTable;
  private readonly kinds = new Map<string, number>();
  private center = 0;

  constructor(job: Job) {
    this.table = new PopulationTable(job);
  }

  take(text: string): boolean {
    const row = ROW.exec(text);
    if (row === null) {
      if (this.center === 0 && text.trim() === '') return true;
      if (this.center > 0) this.table.finish();
      return false;
    }
    const center = Number(row[1]);
    if (center !== this.center) this.kinds.clear();
    this.center = center;
    const ordinal = (this.kinds.get(row[3]) ?? 0) + 1;
    this.kinds.set(row[3], ordinal);
    this.table.add(center, `${ordinal}${row[3]}`, realOf(row[4], `a population of atom ${center}`));
    return true;
  }
}
