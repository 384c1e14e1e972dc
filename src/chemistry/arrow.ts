import { AsyncByteQueue, makeData, RecordBatch, RecordBatchFileWriter, Schema, Struct } from 'apache-arrow';
import {
  type ArrowColumn,
  float64Column,
  float64ListColumn,
  float64TableColumn,
  float64TupleListColumn,
  int32Column,
  uint8ListColumn,
  utf8Column,
  utf8ListColumn,
} from './arrow/columns.ts';
import type { CalculationRecord } from './calculation-record.ts';
import { jsonProvenance, jsonText } from './record-text.ts';
import { formulaOf } from './structure-identity.ts';

/** One calculation to write: a row. */
export interface ArrowEntry {
  readonly record: CalculationRecord;
  /** sha256 of the calculation's content, to find it by. */
  readonly calculationSha256: string;
}

/** A batch ends with the calculation that fills it, so that no more than about this is in memory. */
const ROWS_PER_BATCH = 1024;
const NUMBERS_PER_BATCH = 1 << 20;

const PPM = { unit: 'ppm' };
const AU = { unit: 'atomic units' };

/** The columns in order; what a calculation lacks is null, what one of its atoms lacks is NaN. */
const COLUMNS: readonly ArrowColumn<ArrowEntry>[] = [
  utf8Column('label', ({ record }) => record.label),
  utf8Column('calculation_sha256', ({ calculationSha256 }) => calculationSha256),
  utf8Column('split', ({ record }) => record.split),
  utf8Column('formula', ({ record }) => formulaOf(record.structure.atomicNumbers)),
  int32Column('size', ({ record }) => record.structure.atomicNumbers.length, { unit: 'atoms' }),
  int32Column('charge', ({ record }) => record.structure.charge, { unit: 'elementary charges' }),
  int32Column('multiplicity', ({ record }) => record.structure.multiplicity),
  uint8ListColumn('atomic_numbers', ({ record }) => record.structure.atomicNumbers),
  float64TupleListColumn('positions_angstrom', 3, ({ record }) => record.structure.positionsAngstrom, {
    unit: 'angstrom',
  }),
  float64ListColumn('shieldings_ppm', ({ record }) => record.shieldingsPpm, PPM),
  float64TupleListColumn('shielding_tensors_ppm', 9, ({ record }) => record.shieldingTensorsPpm, {
    ...PPM,
    layout: '3 x 3, rows first',
  }),
  utf8Column('tensor_index_order', ({ record }) => record.tensorIndexOrder),
  utf8ListColumn('population_labels', ({ record }) => record.populationLabels),
  float64TableColumn('gross_orbital_populations', ({ record }) => populations(record), {
    unit: 'electrons',
    layout: 'atoms x population_labels',
  }),
  float64TupleListColumn('electric_field_gradients_au', 9, ({ record }) => record.electricFieldGradientsAu, {
    ...AU,
    layout: '3 x 3, rows first',
  }),
  float64Column('energy_hartree', ({ record }) => record.energyHartree, { unit: 'hartree' }),
  float64Column('spin_squared', ({ record }) => record.spinSquared),
  utf8Column('program', ({ record }) => record.levelOfTheory?.program ?? null),
  utf8Column('program_version', ({ record }) => record.levelOfTheory?.version ?? null),
  utf8Column('method', ({ record }) => record.levelOfTheory?.method ?? null),
  utf8Column('basis', ({ record }) => record.levelOfTheory?.basis ?? null),
  utf8Column('shielding_gauge', ({ record }) => record.shieldingGauge),
  utf8Column('provenance', ({ record }) => jsonText(jsonProvenance(record.provenance)), { format: 'JSON' }),
];

function populations({ populationLabels, grossOrbitalPopulations }: CalculationRecord) {
  if (populationLabels === null || populationLabels.length === 0 || grossOrbitalPopulations === null) return null;
  return { width: populationLabels.length, values: grossOrbitalPopulations };
}

/** Keeps what the writer gives out until somebody takes it; the library's own queue cannot be emptied at once. */
class Collected extends AsyncByteQueue<Uint8Array> {
  private chunks: Uint8Array[] = [];

  override write(chunk: Uint8Array): void {
    this.chunks.push(chunk);
  }

  take(): Uint8Array {
    const bytes = Buffer.concat(this.chunks);
    this.chunks = [];
    return bytes;
  }
}

/**
 * Writes calculations as a file of Arrow's IPC format (https://arrow.apache.org/docs/format/Columnar.html), a row each, in
 * record batches of bounded size. Atoms are lists: `positions_angstrom` [atoms][3], `shieldings_ppm` [atoms],
 * `shielding_tensors_ppm` and `electric_field_gradients_au` [atoms][9] (rows of the 3 x 3 first),
 * `gross_orbital_populations` [atoms][population_labels]. Null is what a calculation lacks, NaN what one of its atoms lacks.
 *
 * @param about metadata of the whole file
 */
export async function* writeArrow(
  entries: Iterable<ArrowEntry> | AsyncIterable<ArrowEntry>,
  about: Readonly<Record<string, string>>,
): AsyncGenerator<Uint8Array> {
  const schema = new Schema(
    COLUMNS.map((column) => column.field),
    new Map(Object.entries(about)),
  );
  const collected = new Collected();
  const writer = new RecordBatchFileWriter();
  writer.reset(collected, schema);
  for await (const rows of inBatches(entries)) {
    writer.write(batchOf(schema, rows));
    yield collected.take();
  }
  writer.close();
  yield collected.take();
}

function batchOf(schema: Schema, rows: readonly ArrowEntry[]): RecordBatch {
  const children = COLUMNS.map((column) => column.data(rows));
  return new RecordBatch(
    schema,
    makeData({ type: new Struct(schema.fields), length: rows.length, nullCount: 0, children }),
  );
}

async function* inBatches(
  entries: Iterable<ArrowEntry> | AsyncIterable<ArrowEntry>,
): AsyncGenerator<readonly ArrowEntry[]> {
  let rows: ArrowEntry[] = [];
  let numbers = 0;
  for await (const entry of entries) {
    rows.push(entry);
    numbers += numbersOf(entry.record);
    if (rows.length < ROWS_PER_BATCH && numbers < NUMBERS_PER_BATCH) continue;
    yield rows;
    rows = [];
    numbers = 0;
  }
  if (rows.length > 0) yield rows;
}

function numbersOf(record: CalculationRecord): number {
  return [
    record.structure.positionsAngstrom,
    record.shieldingsPpm,
    record.shieldingTensorsPpm,
    record.grossOrbitalPopulations,
    record.electricFieldGradientsAu,
  ].reduce((sum, block) => sum + (block?.length ?? 0), 0);
}
