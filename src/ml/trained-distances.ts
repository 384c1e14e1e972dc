import { atomicNumberOf } from '../chemistry/elements.ts';
import type { FeatureSetDefinition } from './features/feature-set.ts';

/** The atoms of a cluster, as structures and records have them. */
export interface PlacedAtoms {
  readonly atomicNumbers: readonly number[];
  readonly positionsAngstrom: ArrayLike<number>;
}

/** Which pairs of atoms a model sees. */
export interface DistanceReach {
  /** Pairs that are at least so far apart are not seen, Å. */
  readonly reachAngstrom: number;
  /** Atomic numbers of the neighbours that are seen; left out: all. */
  readonly neighborElements?: readonly number[];
}

/** Distances of one pair of elements, Å. */
export interface DistanceRange {
  /** Atomic numbers, ascending. */
  readonly elements: readonly [number, number];
  readonly shortestAngstrom: number;
  readonly longestAngstrom: number;
}

/** What a model saw of the distances in its training clusters; in ascending order of elements. */
export interface TrainedDistances extends DistanceReach {
  readonly ranges: readonly DistanceRange[];
  /** Elements of which an atom without any neighbour in reach was seen. */
  readonly isolatedElements: readonly number[];
}

/** Copies printed with three decimals differ by less, and the vibration of atoms by more: so little says nothing of a geometry. */
export const DISTANCE_TOLERANCE_ANGSTROM = 0.01;

/** Behind its largest radius by so many smearing widths, a neighbour counts less than 0.0001. */
const SMEARING_WIDTHS = 4;

/** What coordination numbers see; null if there are none among the features. */
export function reachOfFeatures({
  runningCoordinationNumbers: numbers,
}: Pick<FeatureSetDefinition, 'runningCoordinationNumbers'>): DistanceReach | null {
  if (numbers === null) return null;
  const { radiiAngstrom, smearingAngstrom, neighborElements } = numbers;
  return {
    reachAngstrom: radiiAngstrom[radiiAngstrom.length - 1] + SMEARING_WIDTHS * smearingAngstrom,
    ...(neighborElements && { neighborElements: neighborElements.map((symbol) => atomicNumberOf(symbol)!) }),
  };
}

/** The shortest and the longest distance of each pair of elements within reach; the same bits in whatever order clusters come. */
export function trainedDistances(reach: DistanceReach, structures: Iterable<PlacedAtoms>): TrainedDistances {
  const squares = new Map<number, { shortest: number; longest: number }>();
  const isolated = new Set<number>();
  for (const structure of structures) {
    const { atomicNumbers } = structure;
    const alone = visitPairs(structure, reach, (i, j, square) => {
      const pair = pairOf(atomicNumbers[i], atomicNumbers[j]);
      const known = squares.get(pair);
      if (known === undefined) {
        squares.set(pair, { shortest: square, longest: square });
      } else {
        if (square < known.shortest) known.shortest = square;
        if (square > known.longest) known.longest = square;
      }
    });
    for (const atom of alone) isolated.add(atomicNumbers[atom]);
  }
  return {
    ...reach,
    ranges: [...squares]
      .sort(([a], [b]) => a - b)
      .map(([pair, { shortest, longest }]) => ({
        elements: elementsOfPair(pair),
        shortestAngstrom: Math.sqrt(shortest),
        longestAngstrom: Math.sqrt(longest),
      })),
    isolatedElements: [...isolated].sort((a, b) => a - b),
  };
}

/**
 * SHORTER and LONGER: than all distances of these elements in training. NEW_PAIR: these elements were never within reach of each
 * other. ISOLATED: no such element was without neighbours.
 */
export const UNSEEN_KINDS = ['SHORTER', 'LONGER', 'NEW_PAIR', 'ISOLATED'] as const;
export type UnseenKind = (typeof UNSEEN_KINDS)[number];

/** What one cluster has that no training cluster had, told by its plainest case. */
export interface Unseen {
  readonly kind: UnseenKind;
  /** Indices, from 0: two atoms, or the isolated one. */
  readonly atoms: readonly number[];
  readonly distanceAngstrom: number | null;
  readonly range: DistanceRange | null;
  /** How many pairs, or isolated atoms, of the cluster are like that. */
  readonly count: number;
  /** By how much the distance is out of the range, Å; of a new pair, how far it is within reach. */
  readonly excessAngstrom: number;
}

/** Finds in clusters what their model has not seen; to be made once for many clusters. Time grows with the pairs of atoms. */
export class UnseenDistances {
  private readonly squares = new Map<number, { range: DistanceRange; least: number; most: number }>();

  constructor(private readonly trained: TrainedDistances) {
    for (const range of trained.ranges) {
      const least = Math.max(range.shortestAngstrom - DISTANCE_TOLERANCE_ANGSTROM, 0);
      const most = range.longestAngstrom + DISTANCE_TOLERANCE_ANGSTROM;
      this.squares.set(pairOf(...range.elements), { range, least: least * least, most: most * most });
    }
  }

  /** At most one entry of each kind. */
  of(structure: PlacedAtoms): Unseen[] {
    const { atomicNumbers } = structure;
    const worst = new Map<UnseenKind, Unseen>();
    const note = (kind: UnseenKind, atoms: readonly [number, number], square: number, range: DistanceRange | null) => {
      const distanceAngstrom = Math.sqrt(square);
      const { shortestAngstrom, longestAngstrom } = range ?? {
        shortestAngstrom: this.trained.reachAngstrom,
        longestAngstrom: 0,
      };
      const excessAngstrom =
        kind === 'LONGER' ? distanceAngstrom - longestAngstrom : shortestAngstrom - distanceAngstrom;
      const known = worst.get(kind);
      const count = (known?.count ?? 0) + 1;
      const isWorse = known === undefined || excessAngstrom > known.excessAngstrom;
      worst.set(kind, isWorse ? { kind, atoms, distanceAngstrom, range, count, excessAngstrom } : { ...known, count });
    };
    const clearly = Math.max(this.trained.reachAngstrom - DISTANCE_TOLERANCE_ANGSTROM, 0);
    const alone = visitPairs(structure, this.trained, (i, j, square) => {
      // at the end of its sight a model hardly sees them, and the digits decide whether it does
      if (square > clearly * clearly) return;
      const seen = this.squares.get(pairOf(atomicNumbers[i], atomicNumbers[j]));
      if (seen === undefined) note('NEW_PAIR', [i, j], square, null);
      else if (square < seen.least) note('SHORTER', [i, j], square, seen.range);
      else if (square > seen.most) note('LONGER', [i, j], square, seen.range);
    });
    const unknown = alone.filter((atom) => !this.trained.isolatedElements.includes(atomicNumbers[atom]));
    const found = UNSEEN_KINDS.flatMap((kind) => worst.get(kind) ?? []);
    if (unknown.length === 0) return found;
    const isolated = { kind: 'ISOLATED', distanceAngstrom: null, range: null, excessAngstrom: 0 } as const;
    return [...found, { ...isolated, atoms: [unknown[0]], count: unknown.length }];
  }
}

/** Visits the pairs i < j that a model sees, with the squares of their distances; returns the atoms that see no other. */
function visitPairs(
  { atomicNumbers, positionsAngstrom: p }: PlacedAtoms,
  { reachAngstrom, neighborElements }: DistanceReach,
  visit: (i: number, j: number, square: number) => void,
): number[] {
  const atoms = atomicNumbers.length;
  const largestSquare = reachAngstrom * reachAngstrom;
  const isSeen = Array.from(atomicNumbers, (z) => neighborElements === undefined || neighborElements.includes(z));
  const hasNeighbor = new Uint8Array(atoms);
  for (let i = 0; i < atoms; i++) {
    for (let j = i + 1; j < atoms; j++) {
      const x = p[3 * i] - p[3 * j];
      const y = p[3 * i + 1] - p[3 * j + 1];
      const z = p[3 * i + 2] - p[3 * j + 2];
      const square = x * x + y * y + z * z;
      if (square >= largestSquare || !(isSeen[i] || isSeen[j])) continue;
      if (isSeen[j]) hasNeighbor[i] = 1;
      if (isSeen[i]) hasNeighbor[j] = 1;
      visit(i, j, square);
    }
  }
  return Array.from(hasNeighbor.keys()).filter((atom) => hasNeighbor[atom] === 0);
}

const ELEMENTS = 1000;

function pairOf(a: number, b: number): number {
  return a < b ? a * ELEMENTS + b : b * ELEMENTS + a;
}

function elementsOfPair(pair: number): [number, number] {
  return [Math.floor(pair / ELEMENTS), pair % ELEMENTS];
}
