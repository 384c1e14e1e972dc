import type { Structure } from '../../chemistry/structure.ts';
import { normalCdf } from '../statistics.ts';

/** Beyond this many smearing widths the step is 0 or 1 to within 1e-19. */
const SMEARING_REACH = 9;

/**
 * Running coordination numbers CN_i(R) = sum over j != i of Phi((R - r_ij) / s), Phi the standard normal distribution
 * function and s the smearing: how many atoms lie within R of atom i, each counted in a step of finite width
 * (protocol, "Features").
 *
 * Each pair is put once into the bin of the first radius that holds it whole, and the bins are cumulated; Phi is evaluated
 * only for the few radii near the distance. The deviation from the sum as written is below 1e-12.
 * @param radiiAngstrom strictly ascending
 * @returns [atoms, radii] row-major
 */
export function runningCoordinationNumbers(
  structure: Structure,
  radiiAngstrom: readonly number[],
  smearingAngstrom: number,
): Float64Array {
  const p = structure.positionsAngstrom;
  const atoms = structure.atomicNumbers.length;
  const columns = radiiAngstrom.length;
  const whole = new Float64Array(atoms * columns);
  const partial = new Float64Array(atoms * columns);
  const reach = SMEARING_REACH * smearingAngstrom;
  const largestSquare = columns === 0 ? -1 : (radiiAngstrom[columns - 1] + reach) ** 2;
  for (let i = 1; i < atoms; i++) {
    for (let j = 0; j < i; j++) {
      const dx = p[3 * i] - p[3 * j];
      const dy = p[3 * i + 1] - p[3 * j + 1];
      const dz = p[3 * i + 2] - p[3 * j + 2];
      const square = dx * dx + dy * dy + dz * dz;
      if (square > largestSquare) {
        continue;
      }
      const distance = Math.sqrt(square);
      let k = firstAtLeast(radiiAngstrom, distance - reach);
      for (; k < columns && radiiAngstrom[k] < distance + reach; k++) {
        const step = normalCdf((radiiAngstrom[k] - distance) / smearingAngstrom);
        partial[i * columns + k] += step;
        partial[j * columns + k] += step;
      }
      if (k < columns) {
        whole[i * columns + k]++;
        whole[j * columns + k]++;
      }
    }
  }
  for (let i = 0; i < atoms; i++) {
    let count = 0;
    for (let k = i * columns; k < (i + 1) * columns; k++) {
      count += whole[k];
      partial[k] += count;
    }
  }
  return partial;
}

/** Index of the first of the ascending values that is not below `bound`. */
function firstAtLeast(values: readonly number[], bound: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle] < bound) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
