import { erfc } from '../exact/error-function.ts';
import { exponential } from '../exact/exponential.ts';
import { Random } from '../random.ts';
import type { LevelOfTheory } from './calculation-record.ts';
import type { Structure } from './structure.ts';

/** Shieldings by this formula are never mistaken for computed ones. */
export function syntheticLevelOfTheory(noisePpm: number): LevelOfTheory {
  const method = noisePpm === 0 ? 'formula' : `formula with ${noisePpm} ppm noise`;
  return { program: 'synthetic', version: '1', method, basis: 'none' };
}

/**
 * Shieldings that a formula invents, one an atom in ppm, to try models on where no DFT is: atoms of 4 to 9 neighbours, and those
 * on one side of which all their neighbours are, have low ones. Distances r in Å, u_ij the unit vector from atom i to j:
 *
 *     s_ij = erfc((r_ij - 4) / 0.3) / 2     c_i = Σ_j s_ij     v_i = Σ_j s_ij u_ij / c_i
 *     σ_i = 620 - 90 exp(-((c_i - 6.5) / 2)²) - 40 |v_i|² exp(-((c_i - 5) / 3)²)
 *
 * The same bits on every machine.
 */
export function syntheticShieldings({ atomicNumbers, positionsAngstrom: p }: Structure): Float64Array {
  return Float64Array.from(atomicNumbers, (_, i) => {
    let [c, x, y, z] = [0, 0, 0, 0];
    for (let j = 0; j < atomicNumbers.length; j++) {
      if (j === i) continue;
      const [dx, dy, dz] = [p[3 * j] - p[3 * i], p[3 * j + 1] - p[3 * i + 1], p[3 * j + 2] - p[3 * i + 2]];
      const r = Math.sqrt(dx * dx + dy * dy + dz * dz);
      const s = erfc((r - 4) / 0.3) / 2;
      c += s;
      x += (s * dx) / r;
      y += (s * dy) / r;
      z += (s * dz) / r;
    }
    const oneSided = c === 0 ? 0 : (x * x + y * y + z * z) / (c * c);
    return 620 - 90 * bell((c - 6.5) / 2) - 40 * oneSided * bell((c - 5) / 3);
  });
}

/** Normal noise of this standard deviation (ppm) on shieldings; what is added depends on seed and name of the cluster alone. */
export function withNoise(shieldingsPpm: Float64Array, noisePpm: number, seed: number, name: string): Float64Array {
  const random = Random.ofText(`natrium-synthetic-noise-1 ${seed} ${name}`);
  return shieldingsPpm.map((shielding) => shielding + noisePpm * random.normal());
}

function bell(x: number): number {
  return exponential(-(x * x));
}
