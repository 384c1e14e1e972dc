import { NatriumError } from '../../errors.ts';
import { exponential } from '../../exact/exponential.ts';
import { symbolOf } from '../elements.ts';
import { checkStructure, type Structure } from '../structure.ts';
import type { Objective } from './line-search.ts';

/** A pair's work is kept between two passes, in 16 bytes, and takes about 20 ns. */
export const LARGEST_GUPTA_CLUSTER = 2000;

const SODIUM = { atomicNumber: 11, aEv: 0.01595, xiEv: 0.29113, p: 10.13, q: 1.3, r0Angstrom: 3.6989 } as const;

/**
 * The Gupta potential (second-moment approximation to tight binding) of a sodium cluster,
 *   E = sum_i [ sum_{j≠i} A exp(-p (r_ij/r0 - 1)) - sqrt(sum_{j≠i} ξ² exp(-2q (r_ij/r0 - 1))) ],
 * A = 0.01595 eV, ξ = 0.29113 eV, p = 10.13, q = 1.30, r0 = 3.6989 Å. It knows no charge: an ion is relaxed as if it were
 * neutral. A single atom has the energy 0.
 *
 * Source: Li, Blaisten-Barojas, Papaconstantopoulos, Phys. Rev. B 57, 15519 (1998).
 *
 * @param where names the structure in messages
 * @returns the energy (eV) of positions (Å, [atoms, 3] row-major), which writes the gradient (eV/Å, the same shape); it has
 *   memory of its own, so it allocates nothing, and the gradient is NaN where two atoms coincide
 *
 * Throws what `checkStructure` throws (ATOMS_TOO_CLOSE below 0.5 Å), BAD_USER_INPUT for an atom that is not sodium and
 * TOO_LARGE beyond 2,000 atoms.
 */
export function guptaPotential(structure: Structure, where: string): Objective {
  checkStructure(structure, where);
  checkElements(structure.atomicNumbers, where);
  const count = structure.atomicNumbers.length;
  if (count > LARGEST_GUPTA_CLUSTER) {
    throw new NatriumError(
      'TOO_LARGE',
      `${where} has ${count} atoms; the Gupta potential is computed for at most ${LARGEST_GUPTA_CLUSTER}.`,
    );
  }
  const pairs = (count * (count - 1)) / 2;
  const repulsions = new Float64Array(pairs);
  const hoppings = new Float64Array(pairs);
  const densities = new Float64Array(count);
  return (positions, gradient) => {
    const repulsion = densityPass(positions, repulsions, hoppings, densities);
    const binding = invertRoots(densities);
    forcePass(positions, repulsions, hoppings, densities, gradient);
    return 2 * SODIUM.aEv * repulsion - SODIUM.xiEv * binding;
  };
}

function checkElements(atomicNumbers: readonly number[], where: string): void {
  const index = atomicNumbers.findIndex((z) => z !== SODIUM.atomicNumber);
  if (index >= 0) {
    const element = symbolOf(atomicNumbers[index]);
    throw new NatriumError(
      'BAD_USER_INPUT',
      `${where}: atom ${index + 1} is ${element}, but the Gupta potential has parameters for Na only; relax it elsewhere ` +
        'and import the result.',
      { atom: index + 1, element },
    );
  }
}

/**
 * exp(-p (r/r0 - 1)) and exp(-2q (r/r0 - 1)) of each pair, both divided by r as the forces need them, and the sum of the
 * second kind for each atom. Returns the sum of the first kind.
 */
function densityPass(
  positions: Float64Array,
  repulsions: Float64Array,
  hoppings: Float64Array,
  densities: Float64Array,
): number {
  const { p, q, r0Angstrom } = SODIUM;
  const count = densities.length;
  densities.fill(0);
  let total = 0;
  let pair = 0;
  for (let i = 0; i < count; i++) {
    const x = positions[3 * i];
    const y = positions[3 * i + 1];
    const z = positions[3 * i + 2];
    let density = densities[i];
    for (let j = i + 1; j < count; j++) {
      const dx = positions[3 * j] - x;
      const dy = positions[3 * j + 1] - y;
      const dz = positions[3 * j + 2] - z;
      const distance = Math.sqrt(dx * dx + dy * dy + dz * dz);
      const compression = 1 - distance / r0Angstrom;
      const repulsion = exponential(p * compression);
      const hopping = exponential(2 * q * compression);
      total += repulsion;
      density += hopping;
      densities[j] += hopping;
      repulsions[pair] = repulsion / distance;
      hoppings[pair] = hopping / distance;
      pair += 1;
    }
    densities[i] = density;
  }
  return total;
}

/** Replaces each density by 1 / sqrt(density), 0 for an atom out of reach of all others; returns the sum of the roots. */
function invertRoots(densities: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < densities.length; i++) {
    const root = Math.sqrt(densities[i]);
    sum += root;
    densities[i] = root === 0 ? 0 : 1 / root;
  }
  return sum;
}

/** dE/dr of a pair is -2 A p/r0 exp(-p …) + ξ q/r0 exp(-2q …) (1/sqrt(density_i) + 1/sqrt(density_j)). */
function forcePass(
  positions: Float64Array,
  repulsions: Float64Array,
  hoppings: Float64Array,
  inverseRoots: Float64Array,
  gradient: Float64Array,
): void {
  const { aEv, xiEv, p, q, r0Angstrom } = SODIUM;
  const repulsive = (2 * aEv * p) / r0Angstrom;
  const attractive = (xiEv * q) / r0Angstrom;
  const count = inverseRoots.length;
  gradient.fill(0);
  let pair = 0;
  for (let i = 0; i < count; i++) {
    const x = positions[3 * i];
    const y = positions[3 * i + 1];
    const z = positions[3 * i + 2];
    const inverseRoot = inverseRoots[i];
    let gx = gradient[3 * i];
    let gy = gradient[3 * i + 1];
    let gz = gradient[3 * i + 2];
    for (let j = i + 1; j < count; j++) {
      const slope = attractive * hoppings[pair] * (inverseRoot + inverseRoots[j]) - repulsive * repulsions[pair];
      const sx = slope * (positions[3 * j] - x);
      const sy = slope * (positions[3 * j + 1] - y);
      const sz = slope * (positions[3 * j + 2] - z);
      gx -= sx;
      gy -= sy;
      gz -= sz;
      gradient[3 * j] += sx;
      gradient[3 * j + 1] += sy;
      gradient[3 * j + 2] += sz;
      pair += 1;
    }
    gradient[3 * i] = gx;
    gradient[3 * i + 1] = gy;
    gradient[3 * i + 2] = gz;
  }
}
