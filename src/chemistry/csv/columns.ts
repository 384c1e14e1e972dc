import { NatriumError } from '../../errors.ts';
import type { CalculationRecord } from '../calculation-record.ts';

const AXES = ['xx', 'xy', 'xz', 'yx', 'yy', 'yz', 'zx', 'zy', 'zz'] as const;

export const POSITION_COLUMNS = ['x_angstrom', 'y_angstrom', 'z_angstrom'];
export const ISOTROPIC_COLUMN = 'sigma_iso_ppm';
export const TENSOR_COLUMNS = AXES.map((axes) => `sigma_${axes}_ppm`);
export const FIELD_GRADIENT_COLUMNS = AXES.map((axes) => `efg_${axes}_au`);
/** Before the label of a gross orbital population, as in `gop_electrons:3S`. */
export const POPULATION_PREFIX = 'gop_electrons:';
/** Before the name of a feature. */
export const FEATURE_PREFIX = 'feature:';

export const ATOM_COLUMNS = ['atom', 'atoms', 'element', ...POSITION_COLUMNS];
/** Columns that say the same in every row of a calculation, before and behind those of the atom. */
export const NAME_COLUMNS = ['label', 'calculation', 'split'];
export const CALCULATION_COLUMNS = [
  'charge',
  'multiplicity',
  'energy_hartree',
  'spin_squared',
  'program',
  'program_version',
  'method',
  'basis',
  'shielding_gauge',
  'tensor_index_order',
];
export const PROVENANCE_COLUMN = 'provenance';

/** Which columns a CSV of atoms has beside those it always has. */
export interface AtomCsvColumns {
  readonly shieldingTensors: boolean;
  readonly fieldGradients: boolean;
  /** Labels of the gross orbital populations, in order. */
  readonly populationLabels: readonly string[];
  readonly featureNames: readonly string[];
  /** A column with the provenance of the calculation as JSON. */
  readonly provenance: boolean;
}

/** The columns with which nothing of these records is lost; the labels in the order in which they first come. */
export function atomCsvColumns(
  records: Iterable<CalculationRecord>,
  featureNames: readonly string[] = [],
): AtomCsvColumns {
  const labels = new Set<string>();
  let shieldingTensors = false;
  let fieldGradients = false;
  let provenance = false;
  for (const record of records) {
    for (const label of record.populationLabels ?? []) labels.add(label);
    shieldingTensors ||= record.shieldingTensorsPpm !== null;
    fieldGradients ||= record.electricFieldGradientsAu !== null;
    provenance ||= Object.keys(record.provenance).length > 0;
  }
  return { shieldingTensors, fieldGradients, populationLabels: [...labels], featureNames, provenance };
}

/** Names of all columns, in order. Throws BAD_USER_INPUT for a feature or a label that is named twice. */
export function columnNames(columns: AtomCsvColumns): string[] {
  const names = [
    ...NAME_COLUMNS,
    ...ATOM_COLUMNS,
    ISOTROPIC_COLUMN,
    ...(columns.shieldingTensors ? TENSOR_COLUMNS : []),
    ...columns.populationLabels.map((label) => POPULATION_PREFIX + label),
    ...(columns.fieldGradients ? FIELD_GRADIENT_COLUMNS : []),
    ...columns.featureNames.map((name) => FEATURE_PREFIX + name),
    ...CALCULATION_COLUMNS,
    ...(columns.provenance ? [PROVENANCE_COLUMN] : []),
  ];
  const twice = names.find((name, k) => names.indexOf(name) !== k);
  if (twice !== undefined) {
    throw new NatriumError('BAD_USER_INPUT', `The CSV would have the column ${twice} twice; name each one once.`);
  }
  return names;
}
