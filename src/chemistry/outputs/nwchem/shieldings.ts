import type { Section } from '../cues.ts';
import { FieldError } from '../fields.ts';
import type { Job } from '../job.ts';
import { ShieldingBlock } from '../shielding-block.ts';
import { tensorRows } from '../tensor-rows.ts';

/**
 * NWChem's `Chemical Shielding Tensors (GIAO, in ppm)`: for each atom a diamagnetic, a paramagnetic and a total tensor and
 * the isotropic value. NWChem symmetrises its tensors. It counts the atoms of the block, not those of the geometry: of a
 * block of some atoms only nobody can tell which they are, so such a block is incomplete.
 */
export class NwchemShieldings {
  private block: ShieldingBlock | null = null;
  private atom: { readonly center: number; readonly label: string | null } | null = null;
  private tensor: readonly number[] | null = null;

  constructor(private readonly job: Job) {}

  begin(): void {
    this.block = new ShieldingBlock(this.job, 'GIAO');
    this.atom = null;
    this.tensor = null;
  }

  beginAtom(text: string): void {
    const match = /^Atom:\s*(\d+)\s*([A-Za-z]{0,2})$/.exec(text);
    if (this.block === null || match === null) return;
    if (this.atom !== null) {
      throw new FieldError('MISSING_SHIELDING', `atom ${this.atom.center} has no total shielding.`);
    }
    const center = Number(match[1]);
    // the symbol of a centre without a nucleus is that of the centre before
    const ghost = this.job.step.geometry?.atomicNumbers[center - 1] === 0;
    this.atom = { center, label: ghost || match[2] === '' ? null : match[2] };
    this.tensor = null;
  }

  /** The rows under `Total Shielding Tensor`. */
  totalTensor(): Section | null {
    if (this.atom === null) return null;
    return tensorRows(`the shielding tensor of atom ${this.atom.center}`, (tensor) => {
      this.tensor = tensor;
    });
  }

  isotropic(text: string): void {
    const isotropic = /=\s*(\S+)/.exec(text)?.[1];
    if (isotropic === undefined || this.block === null || this.atom === null || this.tensor === null) return;
    this.block.add(this.atom.center, this.atom.label, isotropic, this.tensor);
    this.atom = null;
    if (this.block.coversAll) this.block.finish();
  }

  /** The task is over, and with it the block. */
  finish(): void {
    this.block = null;
    this.atom = null;
  }
}
