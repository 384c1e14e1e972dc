/**
 * A cluster as chemistry sees it: which atoms, where, with how many electrons. Its identity depends on orientation and
 * order on purpose, because shielding tensors and orbital populations do.
 */
export interface Structure {
  /** Atomic number of each atom, in the order given. */
  readonly atomicNumbers: readonly number[];
  /** Positions in Å, flattened [atoms, 3] row-major. */
  readonly positionsAngstrom: Float64Array;
  /** Total charge in elementary charges. */
  readonly charge: number;
  /** Spin multiplicity 2S + 1. */
  readonly multiplicity: number;
}
