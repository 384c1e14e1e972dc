import { type CalculationRecord, NOTHING_COMPUTED, SPLITS, TENSOR_INDEX_ORDERS } from '../calculation-record.ts';
import { isProvenanceValue, shieldingFault } from '../record-text.ts';
import { isotropicShieldingsPpm } from '../shielding-tensor.ts';
import { type Fail, type JsonObject, MemberReader } from './json-value.ts';

/** The version of the layout under `extras.natrium`. */
export const EXTRAS_VERSION = 1;

/**
 * What QCSchema has no field for, under `extras.natrium` of a molecule or a result. Lists are flat, atom by atom and row by
 * row; null in a list is a value that the atom lacks. Every key but `version` may be missing.
 */
export interface NatriumExtras {
  readonly version: typeof EXTRAS_VERSION;
  readonly label?: string;
  readonly split?: string;
  /** The positions exactly, [atoms, 3] in Å: bohr and back may change the last digit. */
  readonly positionsAngstrom?: Float64Array;
  /** Only of a molecule; a result has `properties.return_energy`. */
  readonly energyHartree?: number;
  readonly spinSquared?: number;
  readonly shieldingGauge?: string;
  /** [atoms], ppm. */
  readonly shieldingsPpm?: Float64Array;
  /** [atoms, 3, 3], ppm. */
  readonly shieldingTensorsPpm?: Float64Array;
  readonly tensorIndexOrder?: string;
  readonly populationLabels?: readonly string[];
  /** [atoms, labels], electrons. */
  readonly grossOrbitalPopulations?: Float64Array;
  /** [atoms, 3, 3], atomic units, in the program's sign. */
  readonly electricFieldGradientsAu?: Float64Array;
  readonly provenance?: CalculationRecord['provenance'];
}

const KEYS: ReadonlySet<string> = new Set<keyof NatriumExtras>([
  'version',
  'label',
  'split',
  'positionsAngstrom',
  'energyHartree',
  'spinSquared',
  'shieldingGauge',
  'shieldingsPpm',
  'shieldingTensorsPpm',
  'tensorIndexOrder',
  'populationLabels',
  'grossOrbitalPopulations',
  'electricFieldGradientsAu',
  'provenance',
]);

/** `extras.natrium` of an item, or null if it has none. Refuses keys it does not know, which would be lost. */
export function natriumExtras(item: MemberReader, fail: Fail): MemberReader | null {
  const extras = item.child('extras');
  const natrium = extras && new MemberReader(extras, 'extras.', fail).child('natrium');
  if (natrium === null) return null;
  const reader = new MemberReader(natrium, 'extras.natrium.', fail);
  const version = reader.integer('version');
  if (version !== EXTRAS_VERSION) throw reader.wrong('version', `is ${version}; this program reads ${EXTRAS_VERSION}`);
  const unknown = Object.keys(natrium).find((key) => !KEYS.has(key));
  if (unknown !== undefined) throw reader.wrong(unknown.slice(0, 40), `is none of ${[...KEYS].join(', ')}`);
  return reader;
}

type FromExtras = Pick<CalculationRecord, keyof typeof NOTHING_COMPUTED>;

export function readExtras(extras: MemberReader | null, atoms: number, fail: Fail): FromExtras {
  if (extras === null) return NOTHING_COMPUTED;
  const tensors = extras.reals('shieldingTensorsPpm', 9 * atoms, true);
  const isotropic = extras.reals('shieldingsPpm', atoms, true) ?? (tensors && isotropicShieldingsPpm(tensors));
  const fault = isotropic && shieldingFault(isotropic, tensors);
  if (fault !== null) throw fail('MALFORMED_FILE', `extras.natrium: ${fault.message}`);
  const labels = extras.texts('populationLabels');
  if ((labels === null) === extras.has('grossOrbitalPopulations')) {
    throw fail('MALFORMED_FILE', 'extras.natrium: populationLabels and grossOrbitalPopulations belong together.');
  }
  if (labels !== null && new Set(labels).size !== labels.length) {
    throw extras.wrong('populationLabels', 'holds a label twice; name each one once');
  }
  return {
    split: extras.choice('split', SPLITS),
    spinSquared: extras.real('spinSquared'),
    shieldingGauge: extras.text('shieldingGauge'),
    shieldingsPpm: isotropic,
    shieldingTensorsPpm: tensors,
    tensorIndexOrder: extras.choice('tensorIndexOrder', TENSOR_INDEX_ORDERS) ?? 'UNKNOWN',
    populationLabels: labels,
    grossOrbitalPopulations: labels && extras.reals('grossOrbitalPopulations', atoms * labels.length, true),
    electricFieldGradientsAu: extras.reals('electricFieldGradientsAu', 9 * atoms, true),
  };
}

/** The plain values of an object, but for the keys named. Nested ones are left out. */
export function plainValues(object: JsonObject | null, except: readonly string[]): CalculationRecord['provenance'] {
  return Object.fromEntries(
    Object.entries(object ?? {}).filter(
      (entry): entry is [string, string | number | boolean] =>
        !except.includes(entry[0]) && isProvenanceValue(entry[1]) && entry[1] !== '',
    ),
  );
}

/** The provenance that we wrote, whole; a value of another kind is refused. */
export function ownProvenance(extras: MemberReader): CalculationRecord['provenance'] {
  const provenance = extras.child('provenance') ?? {};
  for (const [key, value] of Object.entries(provenance)) {
    if (!isProvenanceValue(value)) {
      throw extras.wrong('provenance', `holds ${key.slice(0, 40)}, which is no text, number or truth value`);
    }
  }
  return provenance as CalculationRecord['provenance'];
}
