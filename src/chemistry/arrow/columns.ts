import {
  type Data,
  type DataType,
  Field,
  FixedSizeList,
  Float64,
  Int32,
  List,
  makeData,
  Uint8,
  Utf8,
} from 'apache-arrow';

/** One column of a record batch: its field, and its values from the rows of a batch. */
export interface ArrowColumn<Row> {
  readonly field: Field;
  data(rows: readonly Row[]): Data;
}

type Value<Row, T> = (row: Row) => T;

/** A field with its unit as metadata, where it has one. */
function field(name: string, type: DataType, nullable: boolean, metadata: Readonly<Record<string, string>>): Field {
  return new Field(name, type, nullable, new Map(Object.entries(metadata)));
}

function item(type: DataType): Field {
  return new Field('item', type, true);
}

/** Which rows have a value, as Arrow keeps it: no bitmap where all have. */
function validity(values: readonly unknown[]): { readonly nullCount: number; readonly nullBitmap?: Uint8Array } {
  const nullCount = values.filter((value) => value === null).length;
  if (nullCount === 0) return { nullCount };
  const nullBitmap = new Uint8Array((values.length + 7) >> 3);
  values.forEach((value, row) => {
    if (value !== null) nullBitmap[row >> 3] |= 1 << (row & 7);
  });
  return { nullCount, nullBitmap };
}

/** Where each list begins in what all lists hold, and where the last one ends. */
function offsetsOf(lengths: readonly number[]): Int32Array {
  const offsets = new Int32Array(lengths.length + 1);
  lengths.forEach((length, row) => {
    offsets[row + 1] = offsets[row] + length;
  });
  return offsets;
}

function utf8Data(texts: readonly (string | null)[]): Data<Utf8> {
  const bytes = texts.map((text) => Buffer.from(text ?? '', 'utf8'));
  return makeData({
    type: new Utf8(),
    length: texts.length,
    valueOffsets: offsetsOf(bytes.map((each) => each.length)),
    data: Buffer.concat(bytes),
    ...validity(texts),
  });
}

function float64Data(blocks: readonly (Float64Array | null)[], offsets: Int32Array): Data<Float64> {
  const data = new Float64Array(offsets[blocks.length]);
  blocks.forEach((block, row) => {
    if (block !== null) data.set(block, offsets[row]);
  });
  return makeData({ type: new Float64(), length: data.length, nullCount: 0, data });
}

export function utf8Column<Row>(
  name: string,
  value: Value<Row, string | null>,
  metadata: Readonly<Record<string, string>> = {},
): ArrowColumn<Row> {
  return { field: field(name, new Utf8(), true, metadata), data: (rows) => utf8Data(rows.map(value)) };
}

export function int32Column<Row>(
  name: string,
  value: Value<Row, number>,
  metadata: Readonly<Record<string, string>> = {},
): ArrowColumn<Row> {
  return {
    field: field(name, new Int32(), false, metadata),
    data: (rows) =>
      makeData({ type: new Int32(), length: rows.length, nullCount: 0, data: Int32Array.from(rows, value) }),
  };
}

export function float64Column<Row>(
  name: string,
  value: Value<Row, number | null>,
  metadata: Readonly<Record<string, string>> = {},
): ArrowColumn<Row> {
  return {
    field: field(name, new Float64(), true, metadata),
    data(rows) {
      const values = rows.map(value);
      const data = Float64Array.from(values, (each) => each ?? 0);
      return makeData({ type: new Float64(), length: rows.length, data, ...validity(values) });
    },
  };
}

/** Lists of small whole numbers without a sign. */
export function uint8ListColumn<Row>(
  name: string,
  value: Value<Row, readonly number[]>,
  metadata: Readonly<Record<string, string>> = {},
): ArrowColumn<Row> {
  const type = new List(item(new Uint8()));
  return {
    field: field(name, type, false, metadata),
    data(rows) {
      const lists = rows.map(value);
      const data = Uint8Array.from(lists.flat());
      const child = makeData({ type: new Uint8(), length: data.length, nullCount: 0, data });
      const valueOffsets = offsetsOf(lists.map((list) => list.length));
      return makeData({ type, length: rows.length, nullCount: 0, valueOffsets, child });
    },
  };
}

/** Lists of texts. */
export function utf8ListColumn<Row>(
  name: string,
  value: Value<Row, readonly string[] | null>,
  metadata: Readonly<Record<string, string>> = {},
): ArrowColumn<Row> {
  const type = new List(item(new Utf8()));
  return {
    field: field(name, type, true, metadata),
    data(rows) {
      const lists = rows.map(value);
      const valueOffsets = offsetsOf(lists.map((list) => list?.length ?? 0));
      const child = utf8Data(lists.flatMap((list) => list ?? []));
      return makeData({ type, length: rows.length, valueOffsets, child, ...validity(lists) });
    },
  };
}

/** Lists of numbers, flat. */
export function float64ListColumn<Row>(
  name: string,
  value: Value<Row, Float64Array | null>,
  metadata: Readonly<Record<string, string>> = {},
): ArrowColumn<Row> {
  const type = new List(item(new Float64()));
  return {
    field: field(name, type, true, metadata),
    data(rows) {
      const blocks = rows.map(value);
      const valueOffsets = offsetsOf(blocks.map((block) => block?.length ?? 0));
      const child = float64Data(blocks, valueOffsets);
      return makeData({ type, length: rows.length, valueOffsets, child, ...validity(blocks) });
    },
  };
}

/** Lists of `width` numbers each, such as positions; the values of a row are flattened [items, width] row-major. */
export function float64TupleListColumn<Row>(
  name: string,
  width: number,
  value: Value<Row, Float64Array | null>,
  metadata: Readonly<Record<string, string>> = {},
): ArrowColumn<Row> {
  const tuple = new FixedSizeList(width, item(new Float64()));
  const type = new List(item(tuple));
  return {
    field: field(name, type, true, metadata),
    data(rows) {
      const blocks = rows.map(value);
      const numbers = float64Data(blocks, offsetsOf(blocks.map((block) => block?.length ?? 0)));
      const valueOffsets = offsetsOf(blocks.map((block) => (block?.length ?? 0) / width));
      const child = makeData({ type: tuple, length: numbers.length / width, nullCount: 0, child: numbers });
      return makeData({ type, length: rows.length, valueOffsets, child, ...validity(blocks) });
    },
  };
}

/** Numbers of a row, flattened [items, width] row-major; the width may differ from row to row. */
export interface Table {
  readonly width: number;
  readonly values: Float64Array;
}

/** Lists of lists of numbers, whose inner length may differ from row to row. */
export function float64TableColumn<Row>(
  name: string,
  value: Value<Row, Table | null>,
  metadata: Readonly<Record<string, string>> = {},
): ArrowColumn<Row> {
  const inner = new List(item(new Float64()));
  const type = new List(item(inner));
  return {
    field: field(name, type, true, metadata),
    data(rows) {
      const tables = rows.map(value);
      const counts = tables.map((table) => (table === null ? 0 : table.values.length / table.width));
      const innerOffsets = offsetsOf(
        tables.flatMap((table, row) => Array<number>(counts[row]).fill(table?.width ?? 0)),
      );
      const blocks = tables.map((table) => table?.values ?? null);
      const numbers = float64Data(blocks, offsetsOf(blocks.map((block) => block?.length ?? 0)));
      const length = innerOffsets.length - 1;
      const child = makeData({ type: inner, length, nullCount: 0, valueOffsets: innerOffsets, child: numbers });
      return makeData({ type, length: rows.length, valueOffsets: offsetsOf(counts), child, ...validity(tables) });
    },
  };
}
