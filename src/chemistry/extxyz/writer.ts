import type { CalculationRecord } from '../calculation-record.ts';
import { symbolOf } from '../elements.ts';
import { quote, quoteIfNeeded } from './comment.ts';
import { LEVEL_OF_THEORY_KEYS, RESERVED_KEYS } from './keys.ts';

/**
 * Writes calculations as extended XYZ, one frame a piece, in the columns and keys that `parseExtxyz` reads; positions in Å,
 * shieldings in ppm. Numbers are the shortest text that reads back as the same double, so nothing is lost. A provenance key
 * that has a meaning of its own gets the prefix `provenance_`.
 */
export function* writeExtxyz(records: Iterable<CalculationRecord>): Generator<string> {
  for (const record of records) {
    yield frame(record);
  }
}

function frame(record: CalculationRecord): string {
  const { structure, shieldingsPpm, shieldingTensorsPpm, grossOrbitalPopulations, populationLabels } = record;
  const { electricFieldGradientsAu } = record;
  const blocks = [
    { column: 'pos:R:3', width: 3, values: structure.positionsAngstrom },
    { column: 'ms_shielding:R:9', width: 9, values: shieldingTensorsPpm },
    { column: 'sigma_iso:R:1', width: 1, values: shieldingsPpm },
    {
      column: `gop:R:${populationLabels?.length ?? 0}`,
      width: populationLabels?.length ?? 0,
      values: grossOrbitalPopulations,
    },
    { column: 'efg:R:9', width: 9, values: electricFieldGradientsAu },
  ].filter(({ values, width }) => values !== null && width > 0);
  const rows = structure.atomicNumbers.map((z, atom) => {
    const texts = blocks.map(({ values, width }) =>
      Array.from(values!.subarray(atom * width, (atom + 1) * width), numberText).join(' '),
    );
    return `${symbolOf(z)} ${texts.join('  ')}\n`;
  });
  const properties = ['species:S:1', ...blocks.map(({ column }) => column)].join(':');
  return `${rows.length}\nProperties=${properties} pbc="F F F" ${keys(record).join(' ')}\n${rows.join('')}`;
}

function keys(record: CalculationRecord): string[] {
  const { structure, levelOfTheory, populationLabels } = record;
  const level =
    levelOfTheory === null
      ? []
      : [levelOfTheory.program, levelOfTheory.version, levelOfTheory.method, levelOfTheory.basis];
  const pairs: [string, string | null][] = [
    ['id', text(record.label)],
    ['split', record.split],
    ['charge', numberText(structure.charge)],
    ['multiplicity', numberText(structure.multiplicity)],
    ['energy_hartree', record.energyHartree === null ? null : numberText(record.energyHartree)],
    ['spin_squared', record.spinSquared === null ? null : numberText(record.spinSquared)],
    ...Object.entries(record.provenance).map(([key, value]): [string, string] => [
      quoteIfNeeded(isReserved(key, record) ? `provenance_${key}` : key),
      provenanceText(value),
    ]),
    ...level.map((value, k): [string, string] => [LEVEL_OF_THEORY_KEYS[k], quoteIfNeeded(value)]),
    ['shielding_gauge', text(record.shieldingGauge)],
    ['tensor_index_order', record.tensorIndexOrder === 'UNKNOWN' ? null : record.tensorIndexOrder],
    ['gop_labels', populationLabels === null || populationLabels.length === 0 ? null : labelList(populationLabels)],
  ];
  return pairs.filter(([, value]) => value !== null).map(([key, value]) => `${key}=${value}`);
}

function isReserved(key: string, { levelOfTheory }: CalculationRecord): boolean {
  return (
    RESERVED_KEYS.has(key) || (levelOfTheory !== null && (LEVEL_OF_THEORY_KEYS as readonly string[]).includes(key))
  );
}

function labelList(labels: readonly string[]): string {
  return labels.every((label) => /^[^\s"'\\,[\]{}()]+$/.test(label))
    ? quote(labels.join(' '))
    : `[${labels.map(quote).join(', ')}]`;
}

function text(value: string | null): string | null {
  return value === null ? null : quoteIfNeeded(value);
}

/** Texts are quoted so that they come back as texts, whatever they look like. */
function provenanceText(value: string | number | boolean): string {
  if (typeof value === 'boolean') {
    return value ? 'T' : 'F';
  }
  return typeof value === 'number' && Number.isFinite(value) ? numberText(value) : quote(String(value));
}

/** The shortest decimal that reads back as the same double; JavaScript would write -0 as 0. */
function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
