import { NatriumError } from '../../errors.ts';
import type { CalculationRecord } from '../calculation-record.ts';
import { symbolOf } from '../elements.ts';
import { jsonProvenance, jsonText, numberText } from '../record-text.ts';
import { quoted, textCell } from './cells.ts';
import { type AtomCsvColumns, columnNames } from './columns.ts';

/** One calculation to write. */
export interface AtomCsvEntry {
  readonly record: CalculationRecord;
  /** Id or hash of the calculation, to find it by. */
  readonly calculation: string | null;
  /** Flattened [atoms, features] row-major, in the order of `featureNames`; null if they are not known. */
  readonly features: Float64Array | null;
}

/**
 * Writes calculations as CSV (RFC 4180, CRLF), a header and one row an atom; first the header, then a chunk a calculation.
 * Units stand in the names of the columns: `label, calculation, split, atom, atoms, element, x_angstrom, y_angstrom,
 * z_angstrom, sigma_iso_ppm`, as asked `sigma_xx_ppm` to `sigma_zz_ppm` (rows first), `gop_electrons:LABEL`, `efg_xx_au` to
 * `efg_zz_au` and `feature:NAME`, then what the calculation says in each of its rows: `charge, multiplicity, energy_hartree,
 * spin_squared, program, program_version, method, basis, shielding_gauge, tensor_index_order` and, as asked, `provenance` (JSON).
 *
 * Numbers are the shortest text that reads back as the same double. A cell is empty where the calculation has no such thing,
 * `nan` where the atom lacks it. A text that a spreadsheet would take for a formula gets an apostrophe before it, which
 * `parseAtomCsv` takes off. What has no column is left out; `atomCsvColumns` gives those with which nothing is.
 */
export function* writeAtomCsv(entries: Iterable<AtomCsvEntry>, columns: AtomCsvColumns): Generator<string> {
  yield `${columnNames(columns).map(quoted).join(',')}\r\n`;
  for (const entry of entries) {
    yield rows(entry, columns);
  }
}

function rows({ record, calculation, features }: AtomCsvEntry, columns: AtomCsvColumns): string {
  const { atomicNumbers, positionsAngstrom } = record.structure;
  const { populationLabels: labels, grossOrbitalPopulations } = record;
  if (features !== null && features.length !== atomicNumbers.length * columns.featureNames.length) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `There are ${features.length} feature values for ${atomicNumbers.length} atoms and ${columns.featureNames.length} names.`,
    );
  }
  const names = [textCell(record.label), textCell(calculation), record.split ?? ''].join(',');
  const about = calculationCells(record, columns).join(',');
  const populationColumns = columns.populationLabels.map((label) => labels?.indexOf(label) ?? -1);
  const lines = atomicNumbers.map((z, atom) => {
    const cells: string[] = [names, String(atom + 1), String(atomicNumbers.length), symbolOf(z)];
    push(cells, positionsAngstrom, atom, 3);
    push(cells, record.shieldingsPpm, atom, 1);
    if (columns.shieldingTensors) push(cells, record.shieldingTensorsPpm, atom, 9);
    for (const column of populationColumns) {
      cells.push(column < 0 ? '' : numberCell(grossOrbitalPopulations![atom * labels!.length + column]));
    }
    if (columns.fieldGradients) push(cells, record.electricFieldGradientsAu, atom, 9);
    push(cells, features, atom, columns.featureNames.length);
    cells.push(about);
    return `${cells.join(',')}\r\n`;
  });
  return lines.join('');
}

function push(cells: string[], values: Float64Array | null, atom: number, width: number): void {
  for (let k = atom * width; k < (atom + 1) * width; k++) {
    cells.push(values === null ? '' : numberCell(values[k]));
  }
}

function calculationCells(record: CalculationRecord, columns: AtomCsvColumns): string[] {
  const { structure, levelOfTheory: level, energyHartree, spinSquared } = record;
  return [
    String(structure.charge),
    String(structure.multiplicity),
    energyHartree === null ? '' : numberCell(energyHartree),
    spinSquared === null ? '' : numberCell(spinSquared),
    ...[level?.program, level?.version, level?.method, level?.basis].map((text) => textCell(text ?? null)),
    textCell(record.shieldingGauge),
    record.tensorIndexOrder === 'UNKNOWN' ? '' : record.tensorIndexOrder,
    ...(columns.provenance ? [provenanceCell(record.provenance)] : []),
  ];
}

function provenanceCell(provenance: CalculationRecord['provenance']): string {
  return Object.keys(provenance).length === 0 ? '' : quoted(jsonText(jsonProvenance(provenance)));
}

function numberCell(value: number): string {
  return Number.isNaN(value) ? 'nan' : numberText(value);
}
