import type { Section } from '../cues.ts';
import { FieldError } from '../fields.ts';
import type { Job } from '../job.ts';
import { ShieldingBlock } from '../shielding-block.ts';
import { tensorRows } from '../tensor-rows.ts';

/**
 * NWChem's `Chemical Shielding Tensors (GIAO, in ppm)`: for each atom a diamagnetic, a paramagnetic and a total tensor and
 * the isotropic value. NWChem symmetrises its tensors. It counts the atoms of the block, not those of the geometry: which
 * atoms a block of some only is of, the input says (`shielding 2 1 3`) if the output repeats it; else the block is incomplete.
 */
export class NwchemShieldings {
  private block: ShieldingBlock | null = null;
  private atom: { readonly center: number; readonly label: string | null } | null = null;
  private tensor: readonly number[] | null = null;
  private chosen: readonly number[] | null = null;
  private added = 0;

  constructor(private readonly job: Job) {}

  /** The atoms asked for, counted from 1; null for all. */
  choose(atoms: readonly number[] | null): void {
    this.chosen = atoms;
  }

  begin(): void {
    this.block = new ShieldingBlock(this.job, 'GIAO');
    this.added = 0;
    this.atom = null;
    this.tensor = null;
  }

  beginAtom(text: string): void {
    const match = /^Atom:\s*(\d+)\s*([A-Za-z]{0,2})$/.exec(text);
    if (this.block === null || match === null) return;
    if (this.atom !== null) {
      throw new FieldError('MISSING_SHIELDING', `atom ${this.atom.center} has no total shielding.`);
    }
    const place = Number(match[1]);
    const center = this.chosen?.[place - 1] ?? place;
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
    this.added += 1;
    if (this.block.coversAll || this.added === this.chosen?.length) this.block.finish();
  }

  /** The task is over, and with it the block. */
  finish(): void {
    this.block = null;
    this.atom = null;
  }
}
