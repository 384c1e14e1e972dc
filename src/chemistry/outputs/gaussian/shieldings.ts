import type { Section } from '../cues.ts';
import { FieldError, realOf } from '../fields.ts';
import type { Job } from '../job.ts';
import { ShieldingBlock } from '../shielding-block.ts';

const ATOM = /^\s*(\d+)\s+([A-Za-z]{1,3})(?:\([^)]*\))?\s+Isotropic\s*=\s*(\S+)/;
const COMPONENT = /([XYZ]{2})=\s*(\*+|[^\s=]+?)(?=\s|[XYZ]{2}=|$)/g;
const ROWS = ['XX YX ZX', 'XY YY ZY', 'XZ YZ ZZ'];

/**
 * Gaussian's `SCF GIAO Magnetic shielding tensor (ppm):`. Each atom has a line with its isotropic value, three rows of the
 * tensor and its eigenvalues:
 * ```
 *      1  Na   Isotropic =   577.1588   Anisotropy =    80.9656
 *   XX=   505.6727   YX=    16.8950   ZX=     8.7142
 * ```
 * Rows are kept as printed. The row is then the direction of the field and the column that of the nuclear moment: so the
 * antisymmetric parts of the same molecule's tensors compare with those of PySCF, whose code names its indices.
 */
export class GaussianShieldings implements Section {
  private readonly block: ShieldingBlock;
  private atom: { readonly center: number; readonly label: string; readonly isotropic: string } | null = null;
  private tensor: number[] = [];

  /** @param allAtoms whether the route asks for every atom, so that a block of some atoms only is incomplete */
  constructor(
    job: Job,
    gauge: string | null,
    correlated: boolean,
    private readonly allAtoms: boolean,
  ) {
    this.block = new ShieldingBlock(job, gauge, correlated);
  }

  take(text: string): boolean {
    if (this.atom !== null) return this.takeRow(text, this.atom);
    const header = ATOM.exec(text);
    if (header !== null) {
      // a lost number is an error of this line, not of the row that completes the atom
      realOf(header[3], `the isotropic shielding of atom ${header[1]}`);
      this.atom = { center: Number(header[1]), label: header[2], isotropic: header[3] };
      this.tensor = [];
      return true;
    }
    // eigenvalues, and eigenvectors where they are asked for, in rows of numbers
    if (/^\s*Eigen(values|vectors)/.test(text) || /^[\s\d().+-]+$/.test(text)) return true;
    if (!this.allAtoms) this.block.finish();
    return false;
  }

  private takeRow(text: string, { center, label, isotropic }: NonNullable<typeof this.atom>): boolean {
    const row = this.tensor.length / 3;
    const components = [...text.matchAll(COMPONENT)];
    if (components.map(([, name]) => name).join(' ') !== ROWS[row]) {
      throw new FieldError(
        'MALFORMED_FILE',
        `expected ${ROWS[row]} of atom ${center}, found "${text.trim().slice(0, 60)}".`,
      );
    }
    this.tensor.push(
      ...components.map(([, name, value]) => realOf(value, `${name} of the shielding of atom ${center}`)),
    );
    if (this.tensor.length === 9) {
      this.block.add(center, label, isotropic, this.tensor);
      this.atom = null;
      if (this.block.coversAll) this.block.finish();
    }
    return true;
  }
}
