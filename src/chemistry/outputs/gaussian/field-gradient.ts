import type { Section } from '../cues.ts';
import { realsOf } from '../fields.ts';
import type { Job } from '../job.ts';

const ROW = /^\s*(\d+)\s+Atom\s+(.*)$/;
const RULE = /^\s*-{20,}$/;

type Part = 'DIAGONAL' | 'TRACELESS_DIAGONAL' | 'OFF_DIAGONAL' | 'OTHER';

/** The two halves of the tensors, which Gaussian prints in tables of their own; the traceless diagonal counts. */
export class GaussianFieldGradients {
  private readonly halves = new Map<Part, Map<number, readonly number[]>>();
  private geometry: unknown = null;

  constructor(private readonly job: Job) {}

  /** The table of one half; its heading says which. */
  table(): Section {
    let part: Part | null = null;
    const rows = new Map<number, readonly number[]>();
    return {
      take: (text) => {
        part ??= partOf(text);
        const row = ROW.exec(text);
        if (row !== null) {
          if (part === null || part === 'OTHER') return true;
          const center = Number(row[1]);
          rows.set(center, realsOf(row[2], 3, `the electric field gradient of atom ${center}`));
          return center <= (this.job.step.geometry?.atomicNumbers.length ?? 0);
        }
        if (rows.size > 0 && part !== null) {
          this.add(part, rows);
          return false;
        }
        return RULE.test(text.trimEnd()) || /^[\s(]*(tensor|[3XYZR]|Eigen|-)/.test(text);
      },
    };
  }

  private add(part: Part, rows: Map<number, readonly number[]>): void {
    const { step } = this.job;
    if (this.geometry !== step.geometry) this.halves.clear();
    this.geometry = step.geometry;
    this.halves.set(part, rows);
    const diagonal = this.halves.get('TRACELESS_DIAGONAL') ?? this.halves.get('DIAGONAL');
    const offDiagonal = this.halves.get('OFF_DIAGONAL');
    if (diagonal === undefined || offDiagonal === undefined) return;
    for (const [center, [xx, yy, zz]] of diagonal) {
      const [xy, xz, yz] = offDiagonal.get(center) ?? [];
      if (xy !== undefined) step.fieldGradients.set(center, [xx, xy, xz, xy, yy, yz, xz, yz, zz]);
    }
  }
}

function partOf(text: string): Part | null {
  if (/^\s*XX\s+YY\s+ZZ\s*$/.test(text)) return 'DIAGONAL';
  if (/^\s*3XX-RR\s+3YY-RR\s+3ZZ-RR\s*$/.test(text)) return 'TRACELESS_DIAGONAL';
  if (/^\s*XY\s+XZ\s+YZ\s*$/.test(text)) return 'OFF_DIAGONAL';
  return /Eigenvalues/i.test(text) ? 'OTHER' : null;
}
