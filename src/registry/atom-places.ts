import { clusterOfAtoms } from '../ml/comparison/columns.ts';

/** Where the atoms of calculations stand in columns that run over all of them, calculation after calculation. */
export interface AtomPlaces {
  /** One a calculation, with the number of all atoms behind the last. */
  readonly starts: Uint32Array;
  readonly calculationOfAtom: Uint32Array;
}

/** @param sizes atoms of each calculation */
export function atomPlaces(sizes: readonly number[]): AtomPlaces {
  const starts = new Uint32Array(sizes.length + 1);
  for (const [calculation, size] of sizes.entries()) starts[calculation + 1] = starts[calculation] + size;
  return { starts, calculationOfAtom: clusterOfAtoms(starts) };
}
