import type { Structure } from '../../chemistry/structure.ts';
import { NatriumError } from '../../errors.ts';
import { type Matrix, zeros } from '../matrix.ts';
import type { FeatureSetDefinition } from './feature-set.ts';
import { CoordinationCounter, coordinationWidth } from './running-coordination-numbers.ts';

/** What the features of one cluster are computed from; `name` is for messages. */
export interface AtomSource {
  readonly structure: Structure;
  readonly populationLabels: readonly string[] | null;
  /** [atoms, populationLabels] row-major. */
  readonly grossOrbitalPopulations: Float64Array | null;
  readonly name: string;
}

/**
 * Features of all atoms of all sources, in order: [atoms, features], the columns as `featureNames` names them.
 * Throws FEATURES_UNAVAILABLE, naming the cluster and what it lacks, if a source has not all populations asked for.
 */
export function featureMatrix(definition: FeatureSetDefinition, sources: readonly AtomSource[]): Matrix {
  const { runningCoordinationNumbers: numbers, grossOrbitalPopulations: populations } = definition;
  const numberCount = numbers === null ? 0 : coordinationWidth(numbers);
  const matrix = zeros(
    sources.reduce((total, source) => total + source.structure.atomicNumbers.length, 0),
    numberCount + (populations?.labels.length ?? 0),
  );
  const counter = numbers === null ? null : new CoordinationCounter(numbers);
  let row = 0;
  for (const source of sources) {
    const start = row * matrix.columns;
    counter?.count(source.structure, { data: matrix.data, start, stride: matrix.columns });
    if (populations !== null) {
      copyBlock(selectPopulations(source, populations.labels), populations.labels.length, matrix, row, numberCount);
    }
    row += source.structure.atomicNumbers.length;
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
