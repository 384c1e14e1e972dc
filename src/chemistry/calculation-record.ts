import type { Structure } from './structure.ts';

/** How a calculation was made. Two calculations compare only at the same level of theory. */
export interface LevelOfTheory {
  readonly program: string;
  readonly version: string;
  readonly method: string;
  readonly basis: string;
}

/** As messages name it: program, version, method/basis. */
export function levelOfTheoryText({ program, version, method, basis }: LevelOfTheory): string {
  return `${program} ${version} ${method}/${basis}`;
}

export const SPLITS = ['train', 'validation', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/** Which index of a shielding tensor is the external field and which the nuclear moment. */
export const TENSOR_INDEX_ORDERS = ['FIELD_MOMENT', 'MOMENT_FIELD', 'UNKNOWN'] as const;
export type TensorIndexOrder = (typeof TENSOR_INDEX_ORDERS)[number];

/**
 * What one calculation in a file holds, whatever program or format it came from: every parser yields these.
 * Absent quantities are null, never zero.
 */
export interface CalculationRecord {
  /** Name of the item in its source, such as `na06-1003`. */
  readonly label: string | null;
  /** First line of the item in its file, from 1. */
  readonly line: number;
  readonly structure: Structure;
  readonly levelOfTheory: LevelOfTheory | null;
  readonly energyHartree: number | null;
  /** Expectation value of S². */
  readonly spinSquared: number | null;
  /** How gauge invariance was reached, such as `GIAO`. */
  readonly shieldingGauge: string | null;
  /** Isotropic shieldings in ppm, one an atom; NaN for an atom whose shielding was not computed. */
  readonly shieldingsPpm: Float64Array | null;
  /** Shielding tensors in ppm as the program prints them, flattened [atoms, 3, 3] row-major; NaN as above. */
  readonly shieldingTensorsPpm: Float64Array | null;
  readonly tensorIndexOrder: TensorIndexOrder;
  /** Labels of the gross orbital populations, in the order of the columns. */
  readonly populationLabels: readonly string[] | null;
  /** Gross orbital populations (electrons), flattened [atoms, labels] row-major; NaN for an orbital that an atom lacks. */
  readonly grossOrbitalPopulations: Float64Array | null;
  /**
   * Electric field gradients in atomic units as the program prints them, flattened [atoms, 3, 3] row-major; NaN for an atom
   * without one. The sign is the program's: Gaussian's is opposite to ORCA's.
   */
  readonly electricFieldGradientsAu: Float64Array | null;
  /** The split that the file gives, if any. */
  readonly split: Split | null;
  /** Everything else the file says about the item, as it says it. */
  readonly provenance: Readonly<Record<string, string | number | boolean>>;
}

/** What a record has of a structure for which nothing was computed. */
export const NOTHING_COMPUTED = {
  split: null,
  spinSquared: null,
  shieldingGauge: null,
  shieldingsPpm: null,
  shieldingTensorsPpm: null,
  tensorIndexOrder: 'UNKNOWN',
  populationLabels: null,
  grossOrbitalPopulations: null,
  electricFieldGradientsAu: null,
} as const satisfies Partial<CalculationRecord>;

/** A structure that nothing is known of yet but where it comes from. */
export function structureRecord(
  structure: Structure,
  label: string | null,
  provenance: CalculationRecord['provenance'],
): CalculationRecord {
  return { ...NOTHING_COMPUTED, label, line: 1, structure, levelOfTheory: null, energyHartree: null, provenance };
}
