/** Far beyond those of the heaviest nuclei (about 2e4 ppm), and small enough that no mean or square of many overflows. */
export const LARGEST_SHIELDING_PPM = 1e9;

/** How far a printed isotropic shielding may be from a third of its tensor's trace, beside the rounding of the print. */
export const ISOTROPIC_TOLERANCE_PPM = 0.01;

/**
 * Isotropic shielding, a third of the trace, of one 3 × 3 tensor.
 * @param tensorsPpm tensors flattened row-major, [atoms, 3, 3], in ppm
 * @param atom index of the atom, from 0
 */
export function isotropicShieldingPpm(tensorsPpm: ArrayLike<number>, atom = 0): number {
  const at = 9 * atom;
  return (tensorsPpm[at] + tensorsPpm[at + 4] + tensorsPpm[at + 8]) / 3;
}

/** Isotropic shieldings of all tensors of a cluster, [atoms], in ppm. */
export function isotropicShieldingsPpm(tensorsPpm: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: tensorsPpm.length / 9 }, (_, atom) => isotropicShieldingPpm(tensorsPpm, atom));
}

/**
 * First atom (from 0) whose stated isotropic shielding differs from its tensor's by more than
 * `ISOTROPIC_TOLERANCE_PPM + roundingPpm`, or -1 if all agree.
 * @param roundingPpm what the two printed numbers may differ by only because they were rounded, usually one unit of the
 *   last digit printed
 */
export function firstIsotropicDisagreement(
  tensorsPpm: ArrayLike<number>,
  isotropicPpm: ArrayLike<number>,
  roundingPpm = 1e-4,
): number {
  for (let atom = 0; atom < isotropicPpm.length; atom++) {
    const difference = Math.abs(isotropicShieldingPpm(tensorsPpm, atom) - isotropicPpm[atom]);
    if (!(difference <= ISOTROPIC_TOLERANCE_PPM + roundingPpm)) {
      return atom;
    }
  }
  return -1;
}
