import { NatriumError } from '../errors.ts';
import { LARGEST_SHIELDING_PPM } from './shielding-tensor.ts';

/** Shieldings of references lie below this by a factor of a hundred even for the heaviest nuclei. */
export const LARGEST_REFERENCE_SHIELDING_PPM = 1e6;

/** Refuses, as BAD_USER_INPUT, a σref that is not finite or beyond ±1,000,000 ppm, where the formula has its pole. */
export function checkReferenceShielding(referencePpm: number): void {
  if (!(Math.abs(referencePpm) < LARGEST_REFERENCE_SHIELDING_PPM)) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `the shielding of the reference is ${referencePpm} ppm; it must lie between ±${LARGEST_REFERENCE_SHIELDING_PPM} ppm`,
    );
  }
}

/**
 * Chemical shifts in ppm from shieldings in ppm: δ = (σref - σ) / (1 - 1e-6 σref), with σref the shielding of the nucleus in
 * the reference compound at the same level of theory. IUPAC 2008: Harris, Becker, Cabral de Menezes, Granger, Hoffman, Zilm,
 * Pure Appl. Chem. 80, 59, equation 4.
 *
 * @param shieldingsPpm any length; the result has the same
 * @throws NatriumError as `checkReferenceShielding`, and BAD_USER_INPUT for a shielding that is not finite or beyond ±1e9 ppm
 */
export function shiftsFromShieldings(shieldingsPpm: ArrayLike<number>, referencePpm: number): Float64Array {
  checkReferenceShielding(referencePpm);
  checkValues('shieldingsPpm', shieldingsPpm, LARGEST_SHIELDING_PPM);
  const scale = 1 - 1e-6 * referencePpm;
  return Float64Array.from(shieldingsPpm, (shielding) => (referencePpm - shielding) / scale);
}

/**
 * Shieldings in ppm from chemical shifts in ppm, the inverse of `shiftsFromShieldings`: σ = σref - δ (1 - 1e-6 σref).
 *
 * @throws NatriumError as `checkReferenceShielding`, and BAD_USER_INPUT for a shift that is not finite or farther out than
 *   those of shieldings of ±1e9 ppm are
 */
export function shieldingsFromShifts(shiftsPpm: ArrayLike<number>, referencePpm: number): Float64Array {
  checkReferenceShielding(referencePpm);
  const scale = 1 - 1e-6 * referencePpm;
  checkValues('shiftsPpm', shiftsPpm, (LARGEST_SHIELDING_PPM + LARGEST_REFERENCE_SHIELDING_PPM) / scale);
  return Float64Array.from(shiftsPpm, (shift) => referencePpm - shift * scale);
}

function checkValues(name: string, valuesPpm: ArrayLike<number>, largestPpm: number): void {
  for (let i = 0; i < valuesPpm.length; i++) {
    if (Math.abs(valuesPpm[i]) <= largestPpm) continue;
    throw new NatriumError(
      'BAD_USER_INPUT',
      `${name}[${i}] is ${valuesPpm[i]} ppm; it must lie within ±${largestPpm} ppm`,
    );
  }
}
