import { RecordBatchReader, type Table, tableFromIPC, type Vector } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { type ArrowEntry, writeArrow } from '../../src/chemistry/arrow.ts';
import type { CalculationRecord } from '../../src/chemistry/calculation-record.ts';
import { parseExtxyz } from '../../src/chemistry/extxyz.ts';
import { fixture } from '../support/api.ts';

const complete: CalculationRecord[] = [];
for (const item of parseExtxyz(fixture('complete.extxyz'), 'complete.extxyz')) {
  if ('record' in item) complete.push(item.record);
}

function entriesOf(records: readonly CalculationRecord[]): ArrowEntry[] {
  return records.map((record, i) => ({ record, calculationSha256: String(i).padStart(64, '0') }));
}

async function write(records: readonly CalculationRecord[], about: Record<string, string> = {}): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeArrow(entriesOf(records), about)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Nested vectors as nested arrays. */
function plain(value: unknown): unknown {
  const isVector = typeof value === 'object' && value !== null && 'toArray' in value;
  return isVector ? Array.from(value as Vector, plain) : value;
}

function column(table: Table, name: string): unknown[] {
  return plain(table.getChild(name)) as unknown[];
}

function rowsOf(values: Float64Array | null, width: number): number[][] | null {
  if (values === null) return null;
  return Array.from({ length: values.length / width }, (_, i) => [...values.subarray(i * width, (i + 1) * width)]);
}

describe('calculations as Arrow', () => {
  test('hold every value, to the last digit', async () => {
    const records = complete.map((record, i) =>
      i > 0 ? record : { ...record, electricFieldGradientsAu: Float64Array.from({ length: 36 }, (_, k) => -k / 7) },
    );
    const table = tableFromIPC(await write(records));
    expect(table.numRows).toBe(3);
    const expected: Record<string, (record: CalculationRecord) => unknown> = {
      label: (record) => record.label,
      split: (record) => record.split,
      size: (record) => record.structure.atomicNumbers.length,
      charge: (record) => record.structure.charge,
      multiplicity: (record) => record.structure.multiplicity,
      atomic_numbers: (record) => record.structure.atomicNumbers,
      positions_angstrom: (record) => rowsOf(record.structure.positionsAngstrom, 3),
      shieldings_ppm: (record) => record.shieldingsPpm && [...record.shieldingsPpm],
      shielding_tensors_ppm: (record) => rowsOf(record.shieldingTensorsPpm, 9),
      tensor_index_order: (record) => record.tensorIndexOrder,
      population_labels: (record) => record.populationLabels,
      gross_orbital_populations: (record) =>
        rowsOf(record.grossOrbitalPopulations, record.populationLabels?.length ?? 0),
      electric_field_gradients_au: (record) => rowsOf(record.electricFieldGradientsAu, 9),
      energy_hartree: (record) => record.energyHartree,
      spin_squared: (record) => record.spinSquared,
      program: (record) => record.levelOfTheory!.program,
      program_version: (record) => record.levelOfTheory!.version,
      method: (record) => record.levelOfTheory!.method,
      basis: (record) => record.levelOfTheory!.basis,
      shielding_gauge: (record) => record.shieldingGauge,
    };
    for (const [name, value] of Object.entries(expected)) {
      expect([name, column(table, name)]).toEqual([name, records.map(value)]);
    }
    expect(column(table, 'provenance').map((text) => JSON.parse(text as string))).toEqual(
      records.map((record) => record.provenance),
    );
    expect(column(table, 'formula')).toEqual(['Na4', 'ClNa', 'Na3']);
    expect(column(table, 'calculation_sha256')[2]).toBe(`${'0'.repeat(63)}2`);
    // what was tried is all there is
    expect(table.schema.names.length).toBe(Object.keys(expected).length + 3);
  });

  test('tell what a calculation lacks (null) from what an atom lacks (NaN)', async () => {
    const [first, , third] = complete;
    const lacking = { ...first, shieldingsPpm: Float64Array.of(1, Number.NaN, -0, 3) };
    const table = tableFromIPC(await write([third, lacking]));
    expect(column(table, 'shieldings_ppm')[1]).toEqual([1, Number.NaN, -0, 3]);
    expect(column(table, 'shielding_tensors_ppm')[0]).toBeNull();
    expect(table.getChild('shielding_tensors_ppm')!.nullCount).toBe(1);
  });

  test('name units, and the file what it is', async () => {
    const { schema } = tableFromIPC(await write(complete, { dataset_version: 'na-dft/1', licence: 'CC0-1.0' }));
    expect([...schema.metadata]).toEqual([
      ['dataset_version', 'na-dft/1'],
      ['licence', 'CC0-1.0'],
    ]);
    const units = schema.fields.map((field) => [field.name, field.metadata.get('unit')]);
    expect(Object.fromEntries(units)).toMatchObject({
      positions_angstrom: 'angstrom',
      shieldings_ppm: 'ppm',
      gross_orbital_populations: 'electrons',
      electric_field_gradients_au: 'atomic units',
      energy_hartree: 'hartree',
    });
  });

  test('are the same bytes every time', async () => {
    expect(Buffer.compare(await write(complete), await write(complete))).toBe(0);
  });

  test('come in batches as they fill, many small clusters or few large ones', async () => {
    const small = Array.from({ length: 2500 }, () => complete[2]);
    const batches = [...RecordBatchReader.from(await write(small))];
    expect(batches.map((batch) => batch.numRows)).toEqual([1024, 1024, 452]);

    const atoms = 200_000;
    const large: CalculationRecord = {
      ...complete[2],
      structure: {
        ...complete[2].structure,
        atomicNumbers: Array<number>(atoms).fill(11),
        positionsAngstrom: Float64Array.from({ length: 3 * atoms }, (_, k) => k),
      },
      shieldingsPpm: new Float64Array(atoms),
    };
    let taken = 0;
    const source = function* () {
      for (const entry of entriesOf(Array<CalculationRecord>(6).fill(large))) {
        taken++;
        yield entry;
      }
    };
    const bytes = writeArrow(source(), {});
    await bytes.next();
    expect(taken).toBe(2);
    await bytes.return(undefined);
  });

  test('may be none', async () => {
    const table = tableFromIPC(await write([]));
    expect(table.numRows).toBe(0);
    expect(table.schema.names).toContain('shieldings_ppm');
  });
});
