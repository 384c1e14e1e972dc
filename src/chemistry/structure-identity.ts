import { createHash } from 'node:crypto';
import { symbolOf } from './elements.ts';
import type { Structure } from './structure.ts';

/** Distances are rounded to this before they enter the fingerprint. */
export const FINGERPRINT_STEP_ANGSTROM = 1e-3;

/** Up to this size all pairs enter the fingerprint; beyond it, each atom's distance from the centroid. */
const LARGEST_ALL_PAIRS = 500;

/**
 * Identity of a structure: lower-case hexadecimal sha256 of these bytes, little-endian, without padding:
 * the ASCII text `natrium-structure-1` and a zero byte; the number of atoms (uint32); the atomic numbers (uint8 each); the
 * positions in Å (float64 each, atom by atom, x y z, with -0 written as 0); the charge and the multiplicity (int32 each).
 */
export function structureHash(structure: Structure): string {
  const { atomicNumbers, positionsAngstrom, charge, multiplicity } = structure;
  const count = atomicNumbers.length;
  const magic = Buffer.from('natrium-structure-1\0', 'ascii');
  const body = Buffer.alloc(4 + count + 8 * positionsAngstrom.length + 8);
  let at = body.writeUInt32LE(count, 0);
  for (const z of atomicNumbers) {
    at = body.writeUInt8(z, at);
  }
  for (const coordinate of positionsAngstrom) {
    at = body.writeDoubleLE(coordinate + 0, at);
  }
  at = body.writeInt32LE(charge, at);
  body.writeInt32LE(multiplicity, at);
  return createHash('sha256').update(magic).update(body).digest('hex');
}

/**
 * A fingerprint that rotation, reflection, translation and reordering of the atoms leave alone, to find copies of one
 * cluster in other frames: sha256 of the formula, the charge, and the sorted list of (element pair, distance in units of
 * 0.001 Å, rounded). The multiplicity is left out. Beyond 500 atoms the list holds (element, distance from the centroid)
 * instead, which is weaker but linear in size.
 *
 * Two copies that differ by rounding noise of doubles get one fingerprint, except in the rare case that a distance lies
 * on a rounding edge; copies that were rounded to few decimals after the rotation may differ. Equal fingerprints do not
 * prove equal structures.
 */
export function structureFingerprint(structure: Structure): string {
  const { atomicNumbers, charge } = structure;
  const entries = atomicNumbers.length <= LARGEST_ALL_PAIRS ? pairEntries(structure) : centroidEntries(structure);
  entries.sort();
  return createHash('sha256')
    .update(`natrium-fingerprint-1 ${formulaOf(atomicNumbers)} ${charge}\n`)
    .update(Buffer.from(entries.buffer))
    .digest('hex');
}

// elements and distance in one exact integer: two elements below 128, then 2^36 steps of 0.001 Å
const DISTANCE_SPAN = 2 ** 36;

function roundedDistance(p: Float64Array, a: number, x: number, y: number, z: number): number {
  return Math.round(Math.hypot(p[3 * a] - x, p[3 * a + 1] - y, p[3 * a + 2] - z) / FINGERPRINT_STEP_ANGSTROM);
}

function pairEntries({ atomicNumbers: z, positionsAngstrom: p }: Structure): Float64Array {
  const entries = new Float64Array((z.length * (z.length - 1)) / 2);
  let next = 0;
  for (let a = 1; a < z.length; a++) {
    for (let b = 0; b < a; b++) {
      const elements = Math.min(z[a], z[b]) * 128 + Math.max(z[a], z[b]);
      entries[next++] = elements * DISTANCE_SPAN + roundedDistance(p, a, p[3 * b], p[3 * b + 1], p[3 * b + 2]);
    }
  }
  return entries;
}

function centroidEntries({ atomicNumbers: z, positionsAngstrom: p }: Structure): Float64Array {
  const centroid = [0, 0, 0];
  for (let index = 0; index < p.length; index++) {
    centroid[index % 3] += p[index] / z.length;
  }
  return Float64Array.from(
    z,
    (element, a) => element * DISTANCE_SPAN + roundedDistance(p, a, centroid[0], centroid[1], centroid[2]),
  );
}

/** Chemical formula in Hill order (carbon, hydrogen, then alphabetically; without carbon all alphabetically), as `Na8`. */
export function formulaOf(atomicNumbers: readonly number[]): string {
  const counts = new Map<string, number>();
  for (const z of atomicNumbers) {
    const symbol = symbolOf(z);
    counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
  }
  const leading = counts.has('C') ? ['C', 'H'] : [];
  const rank = (symbol: string) => (leading.includes(symbol) ? leading.indexOf(symbol) : leading.length);
  return [...counts]
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(([symbol, count]) => (count === 1 ? symbol : `${symbol}${count}`))
    .join('');
}
