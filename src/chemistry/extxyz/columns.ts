/** One column group of `Properties`, such as `pos:R:3`. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly width: number;
  /** Index of its first value in a row. */
  readonly offset: number;
}

/** The columns that the registry reads; null where the file has none. */
export interface Columns {
  /** Values a row must hold; null for plain XYZ, where what follows the position is anybody's. */
  readonly rowWidth: number | null;
  readonly species: Column | null;
  readonly atomicNumber: Column | null;
  readonly position: Column;
  readonly tensor: Column | null;
  readonly isotropic: Column | null;
  readonly populations: Column | null;
  readonly fieldGradient: Column | null;
  /** Columns that are not read. */
  readonly ignored: readonly string[];
}

/** What is wrong with `Properties`, in words that follow "Properties ". */
export class ColumnsError extends Error {}

/** Spellings of each column: ours first, then those of ASE, MAGRES and other programs. */
const SPELLINGS = {
  species: ['species', 'element', 'symbol'],
  atomicNumber: ['Z', 'numbers', 'atomic_numbers'],
  position: ['pos', 'positions'],
  tensor: ['ms_shielding', 'ms'],
  isotropic: ['sigma_iso', 'ms_iso', 'ms_isotropy'],
  populations: ['gop'],
  fieldGradient: ['efg'],
} as const;

type ReadColumn = keyof typeof SPELLINGS;

const SHAPES: Readonly<
  Record<ReadColumn, { readonly types: string; readonly width: number | null; readonly form: string }>
> = {
  species: { types: 'SI', width: 1, form: 'S:1' },
  atomicNumber: { types: 'I', width: 1, form: 'I:1' },
  position: { types: 'RI', width: 3, form: 'R:3' },
  tensor: { types: 'RI', width: 9, form: 'R:9' },
  isotropic: { types: 'RI', width: 1, form: 'R:1' },
  populations: { types: 'RI', width: null, form: 'R:19' },
  fieldGradient: { types: 'RI', width: 9, form: 'R:9' },
};

export const WIDEST_ROW = 10_000;

/** The columns of a plain XYZ file: symbol or atomic number, x, y, z, and whatever follows. */
export const PLAIN_COLUMNS: Columns = {
  rowWidth: null,
  species: { name: 'species', type: 'S', width: 1, offset: 0 },
  atomicNumber: null,
  position: { name: 'pos', type: 'R', width: 3, offset: 1 },
  tensor: null,
  isotropic: null,
  populations: null,
  fieldGradient: null,
  ignored: [],
};

/** Parses the value of `Properties`, `name:type:width` over and over. Throws ColumnsError. */
export function parseColumns(properties: string): Columns {
  const all = splitColumns(properties);
  const found = new Map<ReadColumn, Column>();
  const ignored: string[] = [];
  for (const column of all) {
    const meaning = meaningOf(column.name);
    if (meaning === undefined) {
      ignored.push(column.name);
      continue;
    }
    const { types, width, form } = SHAPES[meaning];
    if (!types.includes(column.type) || (width !== null && column.width !== width)) {
      throw new ColumnsError(`says ${column.name}:${column.type}:${column.width}; it must be ${column.name}:${form}`);
    }
    if (found.has(meaning)) {
      throw new ColumnsError(`has both ${found.get(meaning)?.name} and ${column.name}; keep one of them`);
    }
    found.set(meaning, column);
  }
  const position = found.get('position');
  if (position === undefined) {
    throw new ColumnsError('has no pos:R:3; add the positions in Å');
  }
  const species = found.get('species') ?? null;
  const atomicNumber = found.get('atomicNumber') ?? null;
  if (species === null && atomicNumber === null) {
    throw new ColumnsError('has neither species:S:1 nor Z:I:1; add the elements');
  }
  return {
    rowWidth: all.reduce((total, { width }) => total + width, 0),
    species,
    atomicNumber,
    position,
    tensor: found.get('tensor') ?? null,
    isotropic: found.get('isotropic') ?? null,
    populations: found.get('populations') ?? null,
    fieldGradient: found.get('fieldGradient') ?? null,
    ignored,
  };
}

function splitColumns(properties: string): Column[] {
  const parts = properties.split(':');
  if (parts.length % 3 !== 0) {
    throw new ColumnsError(`is "${properties.slice(0, 100)}", which is no list of name:type:width`);
  }
  const columns: Column[] = [];
  let offset = 0;
  for (let k = 0; k < parts.length; k += 3) {
    const [name, type, widthText] = parts.slice(k, k + 3);
    const width = /^\d{1,5}$/.test(widthText) ? Number(widthText) : 0;
    if (name === '' || !/^[SRIL]$/.test(type) || width < 1) {
      throw new ColumnsError(
        `has "${`${name}:${type}:${widthText}`.slice(0, 60)}"; give a name, one of S, R, I, L and a width of at least 1`,
      );
    }
    columns.push({ name, type, width, offset });
    offset += width;
    if (offset > WIDEST_ROW) {
      throw new ColumnsError(`announces more than ${WIDEST_ROW} values a row`);
    }
  }
  return columns;
}

function meaningOf(name: string): ReadColumn | undefined {
  return (Object.keys(SPELLINGS) as ReadColumn[]).find((meaning) =>
    (SPELLINGS[meaning] as readonly string[]).includes(name),
  );
}
