import { NatriumError } from '../../errors.ts';
import {
  type CalculationRecord,
  type LevelOfTheory,
  SPLITS,
  TENSOR_INDEX_ORDERS,
  type TensorIndexOrder,
} from '../calculation-record.ts';
import { itemError, shieldingFault } from '../record-text.ts';
import { isotropicShieldingsPpm } from '../shielding-tensor.ts';
import { checkStructure, LARGEST_CLUSTER, lowestMultiplicity, type Structure } from '../structure.ts';
import {
  CALCULATION_COLUMNS,
  FIELD_GRADIENT_COLUMNS,
  ISOTROPIC_COLUMN,
  NAME_COLUMNS,
  POSITION_COLUMNS,
  PROVENANCE_COLUMN,
  TENSOR_COLUMNS,
} from './columns.ts';
import type { AtomCsvHeader } from './header.ts';
import type { CsvLines } from './lines.ts';
import { type NamedValues, NumberTable } from './number-table.ts';
import { type LabelledPlace, RowReader } from './row-reader.ts';

/** What the rows of one calculation hold. */
export interface AtomCsvRecord {
  readonly record: CalculationRecord;
  /** What the column `calculation` says. */
  readonly calculation: string | null;
  /** Values flattened [atoms, names] row-major; null if the file has none for this calculation. */
  readonly features: NamedValues | null;
}

const CONSTANT = ['atoms', ...NAME_COLUMNS, ...CALCULATION_COLUMNS, PROVENANCE_COLUMN];

/**
 * Reads the rows of the calculation that starts at the next row, and moves behind them. A row that cannot belong to it is left
 * for the next. Throws a NatriumError that names file, line and column.
 */
export function readRows(lines: CsvLines, header: AtomCsvHeader, place: LabelledPlace): AtomCsvRecord {
  const first = new RowReader(lines.next()!, header, place);
  place.label = first.text('label');
  first.expectWidth();
  first.expectAtom(1);
  const atoms = first.neededInteger('atoms');
  if (atoms < 1 || atoms > LARGEST_CLUSTER) {
    throw first.error(
      'atoms',
      'INVALID_STRUCTURE',
      `a cluster of ${atoms} atoms; the registry holds those of 1 to ${LARGEST_CLUSTER}.`,
    );
  }
  const table = new NumberTable(first, header);
  const atomicNumbers: number[] = [];
  for (let row = first; ; row = nextRow(lines, header, place, first, atomicNumbers.length, atoms)) {
    atomicNumbers.push(row.element());
    table.add(row);
    if (atomicNumbers.length === atoms) break;
  }
  return assemble(first, header, table, atomicNumbers, place);
}

function nextRow(
  lines: CsvLines,
  header: AtomCsvHeader,
  place: LabelledPlace,
  first: RowReader,
  read: number,
  atoms: number,
): RowReader {
  const ahead = lines.peek();
  if (ahead === null) {
    throw itemError(
      { ...place, line: lines.line },
      'MALFORMED_FILE',
      `the file ends after atom ${read} of ${atoms}; is it cut off?`,
    );
  }
  const row = new RowReader(ahead, header, place);
  // the first row of another calculation stays where it is
  if (ahead.cells.length === header.names.length) row.expectAtom(read + 1);
  lines.next();
  row.expectWidth();
  const different = CONSTANT.find((name) => row.cell(name) !== first.cell(name));
  if (different !== undefined) {
    throw row.error(
      different,
      'MALFORMED_FILE',
      `says "${row.cell(different).slice(0, 60)}", but "${first.cell(different).slice(0, 60)}" in the first row of ` +
        'this calculation; it must say the same in all of them.',
    );
  }
  return row;
}

function assemble(
  first: RowReader,
  header: AtomCsvHeader,
  table: NumberTable,
  atomicNumbers: number[],
  place: LabelledPlace,
): AtomCsvRecord {
  const tensors = table.block(TENSOR_COLUMNS, first);
  const isotropic = table.block([ISOTROPIC_COLUMN], first) ?? (tensors && isotropicShieldingsPpm(tensors));
  const fault = isotropic && shieldingFault(isotropic, tensors);
  if (fault !== null) throw itemError(place, 'MALFORMED_FILE', fault.message);
  const populations = table.named(header.populations);
  const record: CalculationRecord = {
    label: place.label,
    line: place.line,
    structure: structureOf(first, atomicNumbers, table.block(POSITION_COLUMNS, first)!, place),
    ...levelAndProvenance(first, header),
    energyHartree: first.real('energy_hartree'),
    spinSquared: first.real('spin_squared'),
    shieldingGauge: first.text('shielding_gauge'),
    shieldingsPpm: isotropic,
    shieldingTensorsPpm: tensors,
    tensorIndexOrder: first.choice<TensorIndexOrder>('tensor_index_order', TENSOR_INDEX_ORDERS) ?? 'UNKNOWN',
    populationLabels: populations?.names ?? null,
    grossOrbitalPopulations: populations?.values ?? null,
    electricFieldGradientsAu: table.block(FIELD_GRADIENT_COLUMNS, first),
    split: first.choice('split', SPLITS),
  };
  return { record, calculation: first.text('calculation'), features: table.named(header.features) };
}

function structureOf(
  first: RowReader,
  atomicNumbers: number[],
  positionsAngstrom: Float64Array,
  place: LabelledPlace,
): Structure {
  const charge = first.integer('charge') ?? 0;
  const structure: Structure = {
    atomicNumbers,
    positionsAngstrom,
    charge,
    multiplicity: first.integer('multiplicity') ?? lowestMultiplicity(atomicNumbers, charge),
  };
  try {
    checkStructure(structure, 'the cluster');
  } catch (error) {
    if (!(error instanceof NatriumError)) throw error;
    throw itemError(place, error.code, error.message, error.details);
  }
  return structure;
}

/** The parts of an incomplete level of theory stay in the provenance, as in extended XYZ. */
function levelAndProvenance(
  first: RowReader,
  header: AtomCsvHeader,
): { levelOfTheory: LevelOfTheory | null; provenance: CalculationRecord['provenance'] } {
  const parts = ['program', 'program_version', 'method', 'basis'].map((name) => [name, first.text(name)] as const);
  const [program, version, method, basis] = parts.map(([, text]) => text);
  const levelOfTheory = program && version && method && basis ? { program, version, method, basis } : null;
  const partial = parts.filter((part): part is [string, string] => levelOfTheory === null && part[1] !== null);
  const ignored = header.ignored.join(' ').trim();
  return {
    levelOfTheory,
    provenance: Object.fromEntries([
      ...Object.entries(first.provenance()),
      ...partial,
      ...(ignored === '' ? [] : [['ignored_columns', ignored] as const]),
    ]),
  };
}
