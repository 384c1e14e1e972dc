import type { Structure } from '../../chemistry/structure.ts';
import { NatriumError } from '../../errors.ts';
import type { SchNetHyperparameters } from './hyperparameters.ts';
import { cosineCutoff, expandInGaussians } from './radial.ts';
import { EMBEDDING_ROWS } from './weights.ts';

/**
 * Pairs of atoms closer than the cutoff, each once (first < second), with what the filter network needs of their distance.
 * A filter depends on the distance only, so one serves both directions of a pair.
 */
export interface AtomPairs {
  /** Indices of the atoms of each pair. */
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** Distances in Gaussians, [pairs, gaussians]. */
  readonly gaussians: Float32Array;
  /** Cosine cutoff of each distance. */
  readonly cutoffs: Float32Array;
}

/** Throws `INVALID_STRUCTURE` for an element that the embedding has no row for. */
export function checkEmbedded({ atomicNumbers }: Structure): void {
  for (const atomicNumber of atomicNumbers) {
    if (!(Number.isInteger(atomicNumber) && atomicNumber >= 1 && atomicNumber < EMBEDDING_ROWS)) {
      throw new NatriumError(
        'INVALID_STRUCTURE',
        `SchNet embeds the atomic numbers 1 to ${EMBEDDING_ROWS - 1}; a structure has ${atomicNumber}.`,
        { atomicNumber },
      );
    }
  }
}

/** The pairs of one structure. Throws `INVALID_STRUCTURE` for an element that the embedding has no row for. */
export function findPairs(structure: Structure, hyperparameters: SchNetHyperparameters): AtomPairs {
  const { atomicNumbers, positionsAngstrom: positions } = structure;
  const { cutoffAngstrom, gaussians } = hyperparameters;
  checkEmbedded(structure);
  const first: number[] = [];
  const second: number[] = [];
  const distances: number[] = [];
  for (let i = 0; i < atomicNumbers.length; i++) {
    for (let j = i + 1; j < atomicNumbers.length; j++) {
      const x = positions[3 * i] - positions[3 * j];
      const y = positions[3 * i + 1] - positions[3 * j + 1];
      const z = positions[3 * i + 2] - positions[3 * j + 2];
      const distance = Math.sqrt(x * x + y * y + z * z);
      if (distance < cutoffAngstrom) {
        first.push(i);
        second.push(j);
        distances.push(distance);
      }
    }
  }
  const expanded = new Float32Array(distances.length * gaussians);
  distances.forEach((distance, pair) => {
    expandInGaussians(distance, hyperparameters, expanded, pair * gaussians);
  });
  return {
    first: Int32Array.from(first),
    second: Int32Array.from(second),
    gaussians: expanded,
    cutoffs: Float32Array.from(distances, (distance) => cosineCutoff(distance, cutoffAngstrom)),
  };
}

/** Structures side by side as one: atoms and pairs of all, numbered through. */
export interface JoinedStructures extends AtomPairs {
  readonly atomicNumbers: Int32Array;
}

/**
 * Joins structures with their pairs. Where there is no pair at all, atom 0 is paired with itself at a cutoff of zero: it
 * adds nothing, and no engine has to compute with empty arrays.
 */
export function joinStructures(
  structures: readonly Structure[],
  pairsOfEach: readonly AtomPairs[],
  gaussianCount: number,
): JoinedStructures {
  const atoms = structures.reduce((sum, { atomicNumbers }) => sum + atomicNumbers.length, 0);
  const pairs = Math.max(
    pairsOfEach.reduce((sum, { first }) => sum + first.length, 0),
    1,
  );
  const atomicNumbers = new Int32Array(atoms);
  const first = new Int32Array(pairs);
  const second = new Int32Array(pairs);
  const cutoffs = new Float32Array(pairs);
  const gaussians = new Float32Array(pairs * gaussianCount);
  let atom = 0;
  let pair = 0;
  structures.forEach((structure, index) => {
    const each = pairsOfEach[index];
    atomicNumbers.set(structure.atomicNumbers, atom);
    cutoffs.set(each.cutoffs, pair);
    gaussians.set(each.gaussians, pair * gaussianCount);
    for (let k = 0; k < each.first.length; k++, pair++) {
      first[pair] = each.first[k] + atom;
      second[pair] = each.second[k] + atom;
    }
    atom += structure.atomicNumbers.length;
  });
  return { atomicNumbers, first, second, gaussians, cutoffs };
}
