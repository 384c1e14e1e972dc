import { type ItemPlace, itemError } from '../record-text.ts';
import {
  ATOM_COLUMNS,
  CALCULATION_COLUMNS,
  FEATURE_PREFIX,
  FIELD_GRADIENT_COLUMNS,
  ISOTROPIC_COLUMN,
  NAME_COLUMNS,
  POPULATION_PREFIX,
  POSITION_COLUMNS,
  PROVENANCE_COLUMN,
  TENSOR_COLUMNS,
} from './columns.ts';

const MOST_COLUMNS = 10_000;
const NEEDED = ['atom', 'atoms', 'element', ...POSITION_COLUMNS];
const FIXED = [
  ...NAME_COLUMNS,
  ...ATOM_COLUMNS,
  ISOTROPIC_COLUMN,
  ...TENSOR_COLUMNS,
  ...FIELD_GRADIENT_COLUMNS,
  ...CALCULATION_COLUMNS,
  PROVENANCE_COLUMN,
];

/** A column whose name holds a name of its own. */
export interface NamedColumn {
  readonly name: string;
  readonly column: number;
}

/** What each column of a file is. */
export interface AtomCsvHeader {
  readonly names: readonly string[];
  /** Column numbers (from 0) of the columns with a fixed name that the file has. */
  readonly fixed: ReadonlyMap<string, number>;
  readonly populations: readonly NamedColumn[];
  readonly features: readonly NamedColumn[];
  readonly ignored: readonly string[];
}

/** Reads the header. Throws MALFORMED_FILE for a column that is missing or there twice, TOO_LARGE for too many. */
export function parseHeader(cells: readonly string[], place: ItemPlace): AtomCsvHeader {
  if (cells.length > MOST_COLUMNS) {
    throw itemError(place, 'TOO_LARGE', `${cells.length} columns; the most is ${MOST_COLUMNS}.`);
  }
  const names = cells.map((cell) => {
    const name = cell.trim();
    return FIXED.includes(name) ? name : cell;
  });
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      const shown = name.slice(0, 60);
      throw itemError(place, 'MALFORMED_FILE', `the column "${shown}" is there twice; name each one once.`, {
        column: shown,
      });
    }
    seen.add(name);
  }
  const missing = NEEDED.find((name) => !seen.has(name));
  if (missing !== undefined) {
    throw itemError(
      place,
      'MALFORMED_FILE',
      `the header has no column ${missing}; it needs ${NEEDED.join(', ')}, apart by commas.`,
      { column: missing },
    );
  }
  const fixed = new Map(names.flatMap((name, column) => (FIXED.includes(name) ? [[name, column] as const] : [])));
  const populations = namedColumns(names, POPULATION_PREFIX);
  const features = namedColumns(names, FEATURE_PREFIX);
  const taken = new Set([...fixed.values(), ...[...populations, ...features].map(({ column }) => column)]);
  return { names, fixed, populations, features, ignored: names.filter((_, column) => !taken.has(column)) };
}

function namedColumns(names: readonly string[], prefix: string): NamedColumn[] {
  return names.flatMap((name, column) =>
    name.length > prefix.length && name.startsWith(prefix) ? [{ name: name.slice(prefix.length), column }] : [],
  );
}
