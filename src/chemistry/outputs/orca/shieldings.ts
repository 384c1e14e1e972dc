import type { NatriumError } from '../../../errors.ts';
import type { Section } from '../cues.ts';
import { FieldError, realsOf } from '../fields.ts';
import type { Job } from '../job.ts';
import { ShieldingBlock } from '../shielding-block.ts';

const NUCLEUS = /^\s*Nucleus\s+(\d+)\s*([A-Za-z]{1,2})\s*:/;
const TOTAL = /^\s*Total\s.*\biso=\s*(\S+)/;
const END = /^(CHEMICAL SHIELDING SUMMARY|NMR SPIN-SPIN|ORCA finished by error|ORCA TERMINATED|TOTAL RUN TIME)/;
const SUMMARY = /^CHEMICAL SHIELDING SUMMARY/;

/**
 * ORCA's `CHEMICAL SHIFTS` (5) or `CHEMICAL SHIELDINGS (ppm)` (6), up to the summary that ends it. Nuclei count from 0, and
 * only those asked for are there. Rows of the total tensor are kept as printed: the row is the direction of the field, the
 * column that of the nuclear moment, as a comparison with PySCF's tensors of the same molecule shows.
 */
export class OrcaShieldings implements Section {
  private readonly block: ShieldingBlock;
  private nucleus: { readonly center: number; readonly label: string } | null = null;
  private tensor: number[] | null = null;

  constructor(job: Job, gauge: string | null, correlated: boolean) {
    this.block = new ShieldingBlock(job, gauge, correlated);
  }

  take(text: string): boolean {
    if (this.tensor !== null && this.tensor.length < 9) {
      this.tensor.push(...realsOf(text, 3, `the shielding tensor of nucleus ${this.nucleus?.center}`));
      return true;
    }
    if (END.test(text.replace(/^[\s*]+/, ''))) {
      if (SUMMARY.test(text.trim()) && this.nucleus === null) this.block.finish();
      else this.block.cut();
      return false;
    }
    const nucleus = NUCLEUS.exec(text);
    if (nucleus !== null) {
      this.missing();
      this.nucleus = { center: Number(nucleus[1]) + 1, label: nucleus[2] };
    } else if (/^\s*Total shielding tensor \(ppm\)/.test(text)) {
      this.tensor = [];
    } else {
      const total = TOTAL.exec(text);
      if (total !== null) this.addTotal(total[1]);
    }
    return true;
  }

  private addTotal(isotropic: string): void {
    if (this.nucleus === null || this.tensor === null) return;
    this.block.add(this.nucleus.center, this.nucleus.label, isotropic, this.tensor);
    this.nucleus = null;
    this.tensor = null;
  }

  private missing(): void {
    if (this.nucleus !== null) {
      throw new FieldError('MISSING_SHIELDING', `nucleus ${this.nucleus.center - 1} has no total shielding.`);
    }
  }

  cut(): void {
    this.block.cut();
  }

  spoil(error: NatriumError): void {
    this.block.spoil(error);
  }
}
