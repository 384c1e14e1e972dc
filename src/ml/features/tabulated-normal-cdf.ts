import { exponential } from '../../exact/exponential.ts';
import { normalCdf } from '../statistics/statistics.ts';

/** Beyond this many standard deviations Phi is taken as 0 or 1, which it is to within 7e-16. */
export const NORMAL_REACH = 8;

const CELLS_PER_UNIT = 64;
const CELLS = 2 * NORMAL_REACH * CELLS_PER_UNIT;
/** Places of a cell in the table; a power of 2, so that the engine can prove that no look-up leaves the table. */
const STRIDE = 8;
/** Taylor coefficients of a cell: those of the powers 0 to 5 of its own width. */
const COEFFICIENTS = 6;
const TABLE = taylorTable();

/**
 * Standard normal distribution function Phi(z) from a table, for loops that need it millions of times: the Taylor polynomial
 * of degree 5 about the middle of the cell of width 1/64 that z is in. The error is below 2e-15: the remainder,
 * max |Phi^(6)| / (720 * 128^6) = 1e-15, with the rounding.
 */
export function tabulatedNormalCdf(z: number): number {
  const place = (z + NORMAL_REACH) * CELLS_PER_UNIT;
  if (place <= 0) return 0;
  if (place >= CELLS) return 1;
  const cell = place | 0;
  const h = place - cell - 0.5;
  const at = (cell & (CELLS - 1)) * STRIDE;
  return (
    TABLE[at] +
    h * (TABLE[at + 1] + h * (TABLE[at + 2] + h * (TABLE[at + 3] + h * (TABLE[at + 4] + h * TABLE[at + 5]))))
  );
}

/** The derivatives of Phi are those of the density: Phi^(n + 1)(z) = (-1)^n He_n(z) phi(z), He_n by Hermite's recurrence. */
function taylorTable(): Float64Array {
  const table = new Float64Array(CELLS * STRIDE);
  for (let cell = 0; cell < CELLS; cell++) {
    const z = (cell + 0.5) / CELLS_PER_UNIT - NORMAL_REACH;
    table[cell * STRIDE] = normalCdf(z);
    let factor = exponential((-z * z) / 2) / Math.sqrt(2 * Math.PI);
    let [hermite, before] = [1, 0];
    for (let n = 0; n + 1 < COEFFICIENTS; n++) {
      factor /= (n + 1) * CELLS_PER_UNIT;
      table[cell * STRIDE + n + 1] = (n % 2 === 0 ? 1 : -1) * hermite * factor;
      [hermite, before] = [z * hermite - n * before, hermite];
    }
  }
  return table;
}
