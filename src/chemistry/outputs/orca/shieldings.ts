import type { Section } from '../cues.ts';
import { FieldError } from '../fields.ts';
import type { Job } from '../job.ts';
import { ShieldingBlock } from '../shielding-block.ts';
import { tensorRows } from '../tensor-rows.ts';

const TOTAL = /^Total\s.*\biso=\s*(\S+)/;

/**
 * ORCA's `CHEMICAL SHIFTS` (5) or `CHEMICAL SHIELDINGS (ppm)` (6), up to the summary that ends it. For each nucleus there are
 * tensors, of which the total one counts, and a line `Total ... iso=` with the isotropic value. Nuclei count from 0, and only
 * those asked for are there. Rows are kept as printed: the row is the direction of the field, the column that of the nuclear
 * moment, as a comparison with PySCF's tensors of the same molecule shows.
 */
export class OrcaShieldings {
  private block: ShieldingBlock | null = null;
  private nucleus: { readonly center: number; readonly label: string } | null = null;
  private tensor: readonly number[] | null = null;

  constructor(private readonly job: Job) {}

  begin(gauge: string | null): void {
    this.block = new ShieldingBlock(this.job, gauge);
    this.nucleus = null;
    this.tensor = null;
  }

  /** @param center from 1 */
  beginNucleus(center: number, label: string): void {
    if (this.block === null) return;
    this.checkComplete();
    this.nucleus = { center, label };
    this.tensor = null;
  }

  /** The rows under `Total shielding tensor (ppm):`. */
  totalTensor(): Section | null {
    if (this.nucleus === null) return null;
    return tensorRows(`the shielding tensor of nucleus ${this.nucleus.center - 1}`, (tensor) => {
      this.tensor = tensor;
    });
  }

  total(text: string): void {
    const isotropic = TOTAL.exec(text)?.[1];
    if (isotropic === undefined || this.block === null || this.nucleus === null || this.tensor === null) return;
    this.block.add(this.nucleus.center, this.nucleus.label, isotropic, this.tensor);
    this.nucleus = null;
  }

  /** The summary begins. */
  finish(): void {
    if (this.block === null) return;
    this.checkComplete();
    this.block.finish();
    this.block = null;
  }

  private checkComplete(): void {
    if (this.nucleus !== null) {
      throw new FieldError('MISSING_SHIELDING', `nucleus ${this.nucleus.center - 1} has no total shielding.`);
    }
  }
}
