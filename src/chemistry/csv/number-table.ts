import { FIELD_GRADIENT_COLUMNS, ISOTROPIC_COLUMN, POSITION_COLUMNS, TENSOR_COLUMNS } from './columns.ts';
import type { AtomCsvHeader, NamedColumn } from './header.ts';
import type { RowReader } from './row-reader.ts';

/** Values of columns that have names of their own, flattened [atoms, names] row-major. */
export interface NamedValues {
  readonly names: readonly string[];
  readonly values: Float64Array;
}

/** The number columns of a calculation, as they fill row by row. */
export class NumberTable {
  private readonly columns = new Map<number, number[]>();

  constructor(
    first: RowReader,
    private readonly header: AtomCsvHeader,
  ) {
    const { fixed, populations, features } = header;
    const blocks = [...POSITION_COLUMNS, ISOTROPIC_COLUMN, ...TENSOR_COLUMNS, ...FIELD_GRADIENT_COLUMNS];
    const all = [
      ...blocks.flatMap((name) => fixed.get(name) ?? []),
      ...[...populations, ...features].map(({ column }) => column),
    ];
    for (const column of all) {
      if (first.isFilled(column)) this.columns.set(column, []);
      else if (POSITION_COLUMNS.includes(header.names[column])) {
        throw first.error(header.names[column], 'MALFORMED_FILE', 'is empty; give the position in Å.');
      }
    }
    this.empty = all.filter((column) => !this.columns.has(column));
  }

  private readonly empty: readonly number[];

  add(row: RowReader): void {
    for (const [column, values] of this.columns) values.push(row.number(column));
    for (const column of this.empty) {
      if (row.isFilled(column)) {
        throw row.error(
          this.header.names[column],
          'MALFORMED_FILE',
          'is filled here, but empty in the first row of this calculation; write nan for an atom that lacks it.',
        );
      }
    }
  }

  /** Columns that stand for one quantity, [atoms, columns]; null if all are empty. */
  block(names: readonly string[], first: RowReader): Float64Array | null {
    const columns = names.map((name) => this.columns.get(this.header.fixed.get(name) ?? -1));
    if (columns.every((values) => values === undefined)) return null;
    const missing = columns.indexOf(undefined);
    if (missing >= 0) {
      throw first.error(names[missing], 'MALFORMED_FILE', `is empty, but others of its ${names.length} are not.`);
    }
    return interleaved(columns as number[][]);
  }

  named(columns: readonly NamedColumn[]): NamedValues | null {
    const filled = columns.filter(({ column }) => this.columns.has(column));
    return filled.length === 0
      ? null
      : {
          names: filled.map(({ name }) => name),
          values: interleaved(filled.map(({ column }) => this.columns.get(column)!)),
        };
  }
}

function interleaved(columns: readonly (readonly number[])[]): Float64Array {
  const all = new Float64Array(columns.length * columns[0].length);
  columns.forEach((values, column) => {
    values.forEach((value, row) => {
      all[row * columns.length + column] = value;
    });
  });
  return all;
}
