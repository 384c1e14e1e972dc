import type { Section } from '../cues.ts';
import { realOf } from '../fields.ts';
import type { Job } from '../job.ts';
import { PopulationTable } from '../population-table.ts';

const ROW =
  /^\s*\d+(?:\s*:\s*|\s+)(\d+)\s*([A-Za-z]{1,2})\s+(\d+[spdfgh]\S*)\s*:?\s+(\S+)(?:\s+\S+)?(?:\s+\([^)]*\))?\s*$/;

/**
 * ORCA's `MULLIKEN ORBITAL CHARGES`, which it prints on request: a population for each basis function. The reduced charges
 * that it always prints are sums over shells, and no gross orbital populations.
 */
export class OrcaPopulations implements Section {
  private readonly table: PopulationTable;
  private hasRows = false;

  constructor(job: Job) {
    this.table = new PopulationTable(job);
  }

  take(text: string): boolean {
    const row = ROW.exec(text);
    if (row === null) {
      if (this.hasRows) this.table.finish();
      return !this.hasRows && /^\s*(-+|The uncorrected.*)?\s*$/.test(text);
    }
    this.hasRows = true;
    const center = Number(row[1]) + 1;
    this.table.add(center, row[3], realOf(row[4], `the population of ${row[3]} of nucleus ${row[1]}`));
    return true;
  }
}
