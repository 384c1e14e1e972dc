import { createHash } from 'node:crypto';
import type { Structure } from '../../chemistry/structure.ts';
import { NatriumError } from '../../errors.ts';
import { type Matrix, zeros } from '../matrix.ts';
import { runningCoordinationNumbers } from './running-coordination-numbers.ts';

/** Which numbers describe an atom: running coordination numbers, gross orbital populations, or both, in this order. */
export interface FeatureSetDefinition {
  readonly runningCoordinationNumbers: {
    readonly radiiAngstrom: readonly number[];
    readonly smearingAngstrom: number;
  } | null;
  readonly grossOrbitalPopulations: { readonly labels: readonly string[] } | null;
}

/** The paper's radii, 3.1, 3.2, ..., 12.0 Å. */
export const PAPER_RADII_ANGSTROM: readonly number[] = Array.from({ length: 90 }, (_, k) => (31 + k) / 10);

export const PAPER_SMEARING_ANGSTROM = 0.01;

/** The paper's gross orbital populations, in its order. */
export const PAPER_POPULATION_LABELS: readonly string[] =
  '1S 2S 2PX 2PY 2PZ 3S 3PX 3PY 3PZ 4S 4PX 4PY 4PZ 5DXX 5DYY 5DZZ 5DXY 5DXZ 5DYZ'.split(' ');

export const LARGEST_RADIUS_ANGSTROM = 1000;

/** A cap that no sensible feature set comes near, so that a request cannot ask for an unbounded matrix. */
export const LARGEST_FEATURE_COUNT = 2000;

/** What the features of one cluster are computed from; `name` is for messages. */
export interface AtomSource {
  readonly structure: Structure;
  readonly populationLabels: readonly string[] | null;
  /** [atoms, populationLabels] row-major. */
  readonly grossOrbitalPopulations: Float64Array | null;
  readonly name: string;
}

/**
 * Throws BAD_USER_INPUT unless the definition has at least one part, at most 2000 features, radii that are finite, above
 * 0, strictly ascending and at most 1000 Å, a positive smearing, and labels that are not empty and differ.
 */
export function checkFeatureSetDefinition(definition: FeatureSetDefinition): void {
  const { runningCoordinationNumbers: numbers, grossOrbitalPopulations: populations } = definition;
  if (numbers === null && populations === null) {
    refuse('A feature set needs running coordination numbers, gross orbital populations or both; it has neither.');
  }
  if (numbers !== null) {
    checkRadii(numbers.radiiAngstrom);
    const smearing = numbers.smearingAngstrom;
    if (!(smearing > 0 && smearing <= LARGEST_RADIUS_ANGSTROM)) {
      refuse(`The smearing is ${smearing} Å; give a number above 0 and at most ${LARGEST_RADIUS_ANGSTROM} Å.`);
    }
  }
  if (populations !== null) {
    checkLabels(populations.labels);
  }
  const count = featureNames(definition).length;
  if (count > LARGEST_FEATURE_COUNT) {
    refuse(`The feature set has ${count} features; the most is ${LARGEST_FEATURE_COUNT}.`);
  }
}

function checkRadii(radii: readonly number[]): void {
  if (radii.length === 0) {
    refuse('The running coordination numbers have no radii; give at least one.');
  }
  radii.forEach((radius, index) => {
    if (!(radius > 0 && radius <= LARGEST_RADIUS_ANGSTROM)) {
      refuse(`Radius ${index + 1} is ${radius} Å; give numbers above 0 and at most ${LARGEST_RADIUS_ANGSTROM} Å.`);
    }
    if (index > 0 && radius <= radii[index - 1]) {
      refuse(`Radius ${index + 1}, ${radius} Å, is not larger than the one before it; give radii in ascending order.`);
    }
  });
}

function checkLabels(labels: readonly string[]): void {
  if (labels.length === 0) {
    refuse('The gross orbital populations have no labels; give at least one, such as 3S.');
  }
  labels.forEach((label, index) => {
    if (label === '' || /\s/.test(label)) {
      refuse(`Population label ${index + 1} is empty or holds a space; give labels such as 3S.`);
    }
    if (labels.indexOf(label) !== index) {
      refuse(`The population label ${label} is given twice.`);
    }
  });
}

function refuse(message: string): never {
  throw new NatriumError('BAD_USER_INPUT', message);
}

/** Names of the columns of `featureMatrix`, such as `CN(3.1 Å)` and `GOP(3S)`. */
export function featureNames(definition: FeatureSetDefinition): string[] {
  const radii = definition.runningCoordinationNumbers?.radiiAngstrom ?? [];
  const labels = definition.grossOrbitalPopulations?.labels ?? [];
  return [
    ...radii.map((radius) => `CN(${Number.isInteger(radius) ? radius.toFixed(1) : radius} Å)`),
    ...labels.map((label) => `GOP(${label})`),
  ];
}

/** Whether the features need a DFT calculation, and so cannot be computed from a structure alone. */
export function needsDft(definition: FeatureSetDefinition): boolean {
  return definition.grossOrbitalPopulations !== null;
}

/** Lower-case hexadecimal sha256 of the definition as JSON with its keys in a fixed order. */
export function definitionHash(definition: FeatureSetDefinition): string {
  const { runningCoordinationNumbers: numbers, grossOrbitalPopulations: populations } = definition;
  const canonical = {
    grossOrbitalPopulations: populations && { labels: populations.labels },
    runningCoordinationNumbers: numbers && {
      radiiAngstrom: numbers.radiiAngstrom,
      smearingAngstrom: numbers.smearingAngstrom,
    },
  };
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex');
}

/**
 * Features of all atoms of all sources, in order: [atoms, features], running coordination numbers first.
 * Throws FEATURES_UNAVAILABLE, naming the cluster and what it lacks, if a source has not all populations asked for.
 */
export function featureMatrix(definition: FeatureSetDefinition, sources: readonly AtomSource[]): Matrix {
  const { runningCoordinationNumbers: numbers, grossOrbitalPopulations: populations } = definition;
  const numberCount = numbers?.radiiAngstrom.length ?? 0;
  const columns = numberCount + (populations?.labels.length ?? 0);
  const matrix = zeros(
    sources.reduce((total, source) => total + source.structure.atomicNumbers.length, 0),
    columns,
  );
  let row = 0;
  for (const source of sources) {
    const atoms = source.structure.atomicNumbers.length;
    if (numbers !== null) {
      const values = runningCoordinationNumbers(source.structure, numbers.radiiAngstrom, numbers.smearingAngstrom);
      copyBlock(values, numberCount, matrix, row, 0);
    }
    if (populations !== null) {
      copyBlock(selectPopulations(source, populations.labels), populations.labels.length, matrix, row, numberCount);
    }
    row += atoms;
  }
  return matrix;
}

function copyBlock(values: Float64Array, width: number, matrix: Matrix, firstRow: number, firstColumn: number): void {
  for (let from = 0, row = firstRow; from < values.length; from += width, row++) {
    matrix.data.set(values.subarray(from, from + width), row * matrix.columns + firstColumn);
  }
}

function selectPopulations(source: AtomSource, labels: readonly string[]): Float64Array {
  const { name, populationLabels, grossOrbitalPopulations: values } = source;
  const atoms = source.structure.atomicNumbers.length;
  if (populationLabels === null || values === null) {
    throw new NatriumError(
      'FEATURES_UNAVAILABLE',
      `${name} has no gross orbital populations; import a calculation that prints them, or use a feature set without them.`,
      { cluster: name, missing: [...labels] },
    );
  }
  const indices = labels.map((label) => populationLabels.indexOf(label));
  const missing = labels.filter((_, k) => indices[k] < 0);
  if (missing.length > 0) {
    throw new NatriumError(
      'FEATURES_UNAVAILABLE',
      `${name} lacks the gross orbital populations ${missing.join(', ')} (it has ${populationLabels.join(', ')}); use a ` +
        'feature set with labels that all its clusters have.',
      { cluster: name, missing },
    );
  }
  const width = populationLabels.length;
  if (values.length !== atoms * width) {
    throw new NatriumError(
      'FEATURES_UNAVAILABLE',
      `${name} has ${values.length} gross orbital populations, not ${width} for each of its ${atoms} atoms.`,
      { cluster: name },
    );
  }
  const selected = Float64Array.from(
    { length: atoms * labels.length },
    (_, k) => values[Math.floor(k / labels.length) * width + indices[k % labels.length]],
  );
  const lacking = selected.findIndex(Number.isNaN);
  if (lacking >= 0) {
    const [atom, label] = [Math.floor(lacking / labels.length) + 1, labels[lacking % labels.length]];
    throw new NatriumError(
      'FEATURES_UNAVAILABLE',
      `Atom ${atom} of ${name} has no gross orbital population ${label}; use a feature set with labels that all atoms have.`,
      { cluster: name, atom, missing: [label] },
    );
  }
  return selected;
}
