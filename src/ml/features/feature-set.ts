import { createHash } from 'node:crypto';
import { atomicNumberOf, LARGEST_ATOMIC_NUMBER, symbolOf } from '../../chemistry/elements.ts';
import { dependsOnOrientation } from '../../chemistry/orbital-labels.ts';
import { NatriumError } from '../../errors.ts';
import type { CoordinationDefinition } from './running-coordination-numbers.ts';

/** Which numbers describe an atom: running coordination numbers, gross orbital populations, or both, in this order. */
export interface FeatureSetDefinition {
  readonly runningCoordinationNumbers: CoordinationDefinition | null;
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

/**
 * The definition of running coordination numbers. Without neighbour elements it says nothing of them, so that it is the same
 * as before there were any. Throws UNKNOWN_ELEMENT for a symbol that does not exist; capitals do not matter.
 */
export function coordinationDefinition(
  radiiAngstrom: readonly number[],
  smearingAngstrom: number,
  neighborElements: readonly string[] | null,
): CoordinationDefinition {
  const total = { radiiAngstrom, smearingAngstrom };
  return neighborElements === null ? total : { ...total, neighborElements: neighborElements.map(symbolAsWritten) };
}

function symbolAsWritten(symbol: string, index: number): string {
  const z = atomicNumberOf(symbol);
  if (z === undefined) {
    const shown = JSON.stringify(symbol.slice(0, 20));
    throw new NatriumError(
      'UNKNOWN_ELEMENT',
      `Neighbour element ${index + 1}, ${shown}, is no element; use symbols such as Na.`,
    );
  }
  return symbolOf(z);
}

/**
 * Throws BAD_USER_INPUT unless the definition has at least one part, at most 2000 features, radii that are finite, above
 * 0, strictly ascending and at most 1000 Å, a positive smearing, neighbour elements (if it names them) and labels that are
 * not empty and differ.
 */
export function checkFeatureSetDefinition(definition: FeatureSetDefinition): void {
  const { runningCoordinationNumbers: numbers, grossOrbitalPopulations: populations } = definition;
  if (numbers === null && populations === null) {
    refuse('A feature set needs running coordination numbers, gross orbital populations or both; it has neither.');
  }
  checkCount(definition);
  if (numbers !== null) {
    checkRadii(numbers.radiiAngstrom);
    const smearing = numbers.smearingAngstrom;
    if (!(smearing > 0 && smearing <= LARGEST_RADIUS_ANGSTROM)) {
      refuse(`The smearing is ${smearing} Å; give a number above 0 and at most ${LARGEST_RADIUS_ANGSTROM} Å.`);
    }
    if (numbers.neighborElements !== undefined) checkNeighborElements(numbers.neighborElements);
  }
  if (populations !== null) {
    checkLabels(populations.labels);
  }
}

/** Before anything is looked at one by one: lists may be as long as a request may be large. */
function checkCount({
  runningCoordinationNumbers: numbers,
  grossOrbitalPopulations: populations,
}: FeatureSetDefinition): void {
  const elements = numbers?.neighborElements?.length ?? 1;
  const count = (numbers?.radiiAngstrom.length ?? 0) * elements + (populations?.labels.length ?? 0);
  if (count > LARGEST_FEATURE_COUNT) {
    refuse(`The feature set has ${count} features; the most is ${LARGEST_FEATURE_COUNT}.`);
  }
  if (elements > LARGEST_ATOMIC_NUMBER) {
    refuse(`The list of neighbour elements has ${elements} entries; there are ${LARGEST_ATOMIC_NUMBER} elements.`);
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

function checkNeighborElements(elements: readonly string[]): void {
  if (elements.length === 0) {
    refuse(
      'The list of neighbour elements is empty; name at least one, or leave it out to count all neighbours together.',
    );
  }
  const twice = elements.find((element, index) => elements.indexOf(element) !== index);
  if (twice !== undefined) {
    refuse(`The neighbour element ${twice} is given twice; name each one once.`);
  }
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

/** Names of the columns of `featureMatrix`, such as `CN(3.1 Å)`, `CN(Na, 3.1 Å)` (elements outside) and `GOP(3S)`. */
export function featureNames({
  runningCoordinationNumbers: numbers,
  grossOrbitalPopulations: populations,
}: FeatureSetDefinition): string[] {
  const radii = (numbers?.radiiAngstrom ?? []).map(
    (radius) => `${Number.isInteger(radius) ? radius.toFixed(1) : radius} Å`,
  );
  const elements = numbers?.neighborElements;
  return [
    ...(elements?.flatMap((element) => radii.map((radius) => `CN(${element}, ${radius})`)) ??
      radii.map((radius) => `CN(${radius})`)),
    ...(populations?.labels ?? []).map((label) => `GOP(${label})`),
  ];
}

/** Whether the features need a DFT calculation, and so cannot be computed from a structure alone. */
export function needsDft(definition: FeatureSetDefinition): boolean {
  return definition.grossOrbitalPopulations !== null;
}

/** The population labels among the features whose values change when the cluster is turned, in their order. */
export function orientationDependentLabels({ grossOrbitalPopulations }: FeatureSetDefinition): string[] {
  return grossOrbitalPopulations?.labels.filter(dependsOnOrientation) ?? [];
}

/** Lower-case hexadecimal sha256 of the definition as JSON with its keys in a fixed order. */
export function definitionHash(definition: FeatureSetDefinition): string {
  const { runningCoordinationNumbers: numbers, grossOrbitalPopulations: populations } = definition;
  const canonical = {
    grossOrbitalPopulations: populations && { labels: populations.labels },
    runningCoordinationNumbers: numbers && {
      radiiAngstrom: numbers.radiiAngstrom,
      smearingAngstrom: numbers.smearingAngstrom,
      // left out where there are none, as by JSON.stringify: hashes from before there were any stay what they are
      neighborElements: numbers.neighborElements,
    },
  };
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex');
}
