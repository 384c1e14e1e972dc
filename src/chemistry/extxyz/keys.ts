import type { ErrorCode, NatriumError } from '../../errors.ts';
import { type LevelOfTheory, type Split, TENSOR_INDEX_ORDERS, type TensorIndexOrder } from '../calculation-record.ts';
import { parseReal } from '../numbers.ts';
import { type CommentValue, listItems } from './comment.ts';
import { type FramePlace, frameError } from './place.ts';

/** What the comment line of a frame says. */
export interface FrameKeys {
  readonly split: Split | null;
  readonly charge: number | null;
  readonly multiplicity: number | null;
  readonly energyHartree: number | null;
  readonly spinSquared: number | null;
  readonly levelOfTheory: LevelOfTheory | null;
  readonly shieldingGauge: string | null;
  readonly tensorIndexOrder: TensorIndexOrder;
  readonly populationLabels: string[] | null;
  /** Every other key, and the parts of an incomplete level of theory. */
  readonly provenance: [string, ProvenanceValue][];
}

type ProvenanceValue = string | number | boolean;

const SPLIT_NAMES: Readonly<Record<string, Split>> = {
  train: 'train',
  validation: 'validation',
  val: 'validation',
  valid: 'validation',
  test: 'test',
};

export const LEVEL_OF_THEORY_KEYS = ['program', 'program_version', 'method', 'basis'] as const;

/** Keys with a place of their own in the record, which provenance must not use. */
export const RESERVED_KEYS: ReadonlySet<string> = new Set([
  'Properties',
  'properties',
  'pbc',
  'id',
  'split',
  'charge',
  'multiplicity',
  'energy_hartree',
  'spin_squared',
  'shielding_gauge',
  'tensor_index_order',
  'gop_labels',
]);

/** Reads the keys of a comment line, first the label into `place`. Throws a NatriumError that names file and line. */
export function readKeys(values: ReadonlyMap<string, CommentValue>, place: FramePlace): FrameKeys {
  const reader = new KeyReader(values, place);
  place.label = reader.text('id');
  reader.refusePeriodic();
  const [program, version, method, basis] = LEVEL_OF_THEORY_KEYS.map((key) => reader.text(key));
  const levelOfTheory = program && version && method && basis ? { program, version, method, basis } : null;
  const taken = new Set<string>([...RESERVED_KEYS, ...(levelOfTheory === null ? [] : LEVEL_OF_THEORY_KEYS)]);
  return {
    split: reader.choice('split', SPLIT_NAMES, 'train, validation and test'),
    charge: reader.integer('charge'),
    multiplicity: reader.integer('multiplicity'),
    energyHartree: reader.real('energy_hartree'),
    spinSquared: reader.real('spin_squared'),
    levelOfTheory,
    shieldingGauge: reader.text('shielding_gauge'),
    tensorIndexOrder:
      reader.choice(
        'tensor_index_order',
        Object.fromEntries(TENSOR_INDEX_ORDERS.map((order) => [order, order])),
        TENSOR_INDEX_ORDERS.join(', '),
      ) ?? 'UNKNOWN',
    populationLabels: reader.list('gop_labels'),
    provenance: [...values]
      .filter(([key]) => !taken.has(key))
      .map(([key, value]): [string, ProvenanceValue] => [key, provenanceValue(value)]),
  };
}

class KeyReader {
  constructor(
    private readonly values: ReadonlyMap<string, CommentValue>,
    private readonly place: FramePlace,
  ) {}

  text(key: string): string | null {
    const value = this.values.get(key);
    if (value === undefined) {
      return null;
    }
    if (value.text === '') {
      throw this.error('MALFORMED_FILE', `the key ${key} has no value; give one or leave the key out.`);
    }
    return value.text;
  }

  real(key: string): number | null {
    const text = this.text(key);
    if (text === null) {
      return null;
    }
    const value = parseReal(text);
    if (value === undefined) {
      throw this.error('MALFORMED_FILE', `${key}=${text.slice(0, 40)} is no number.`);
    }
    if (!Number.isFinite(value)) {
      throw this.error('NON_FINITE_NUMBER', `${key}=${text.slice(0, 40)} is not finite; leave the key out.`);
    }
    return value;
  }

  integer(key: string): number | null {
    const value = this.real(key);
    if (value !== null && !Number.isSafeInteger(value)) {
      throw this.error('INVALID_STRUCTURE', `${key}=${value} is no integer.`);
    }
    return value === null ? null : value + 0;
  }

  choice<T extends string>(key: string, choices: Readonly<Record<string, T>>, named: string): T | null {
    const text = this.text(key);
    if (text === null) {
      return null;
    }
    if (!Object.hasOwn(choices, text)) {
      throw this.error('MALFORMED_FILE', `${key}=${text.slice(0, 40)} is none of ${named}.`);
    }
    return choices[text];
  }

  list(key: string): string[] | null {
    const value = this.values.get(key);
    return value === undefined ? null : listItems(value);
  }

  /** A lattice without `pbc` means periodic in all directions, as it does in ASE. */
  refusePeriodic(): void {
    const pbc = this.list('pbc');
    const flags = pbc?.map((item) => TRUTH[item.toLowerCase()]);
    if (flags && (flags.includes(undefined) || (flags.length !== 3 && flags.length !== 1))) {
      throw this.error('MALFORMED_FILE', 'pbc must be three of T and F, as in pbc="F F F".');
    }
    if (flags ? flags.includes(true) : this.values.has('Lattice') || this.values.has('lattice')) {
      throw this.error(
        'PERIODIC_STRUCTURE',
        'the structure is periodic; cut a finite cluster out, or write pbc="F F F" if it is one.',
      );
    }
  }

  private error(code: ErrorCode, message: string): NatriumError {
    return frameError(this.place, this.place.line + 1, code, message);
  }
}

const TRUTH: Readonly<Record<string, boolean | undefined>> = {
  t: true,
  true: true,
  '1': true,
  f: false,
  false: false,
  '0': false,
};

/** Bare `T` and `F` are truth values and bare numbers are numbers, unless a double would not give their digits back. */
function provenanceValue({ kind, text }: CommentValue): ProvenanceValue {
  if (kind === 'FLAG') {
    return true;
  }
  if (kind !== 'BARE') {
    return text;
  }
  if (/^(t|true|f|false)$/i.test(text)) {
    return /^t/i.test(text);
  }
  const value = parseReal(text);
  if (value === undefined || !Number.isFinite(value) || /^[+-]?0\d/.test(text)) {
    return text;
  }
  return /^[+-]?\d+$/.test(text) && !Number.isSafeInteger(value) ? text : value;
}
