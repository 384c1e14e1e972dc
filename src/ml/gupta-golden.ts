import { guptaPotential } from '../chemistry/relaxation/gupta.ts';
import { lowestMultiplicity } from '../chemistry/structure.ts';
import { exponential } from '../exact/exponential.ts';
import type { GoldenRow } from './golden-row.ts';

/** The file that `test/golden/gupta.py` writes: sodium clusters with the Gupta potential, computed in 50 digits. */
interface GuptaGolden {
  readonly gupta: readonly {
    readonly name: string;
    readonly positionsAngstrom: readonly number[];
    readonly energyEv: number;
    readonly gradientEvPerAngstrom: readonly number[];
  }[];
  /** x and e^x, rounded once. */
  readonly exponentials: readonly (readonly [number, number])[];
}

/**
 * Compares energies, gradients and exponentials with those of 50 digits, where above 1 relatively.
 * @param json the parsed content of `gupta.json`
 */
export function compareWithGuptaGolden(json: unknown): GoldenRow[] {
  const { gupta, exponentials } = json as GuptaGolden;
  const relative = exponentials.map(([x, value]) => Math.abs(exponential(x) / value - 1));
  return [
    ...gupta.flatMap(({ name, positionsAngstrom, energyEv, gradientEvPerAngstrom }) => {
      const positions = Float64Array.from(positionsAngstrom);
      const atomicNumbers = Array.from({ length: positions.length / 3 }, () => 11);
      const multiplicity = lowestMultiplicity(atomicNumbers, 0);
      const potential = guptaPotential({ atomicNumbers, positionsAngstrom: positions, charge: 0, multiplicity }, name);
      const gradient = new Float64Array(positions.length);
      const energy = potential(positions, gradient);
      const deviations = gradientEvPerAngstrom.map((value, i) => deviation(gradient[i], value));
      return [
        { quantity: `${name}, energy`, deviation: deviation(energy, energyEv), tolerance: 1e-14 },
        { quantity: `${name}, gradient`, deviation: Math.max(...deviations), tolerance: 1e-14 },
      ];
    }),
    { quantity: 'exponentials, relative', deviation: Math.max(...relative), tolerance: 2.3e-16 },
  ];
}

function deviation(ours: number, theirs: number): number {
  return Math.abs(ours - theirs) / Math.max(1, Math.abs(theirs));
}
