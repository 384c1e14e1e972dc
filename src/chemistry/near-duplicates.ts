import { type ComparedStructure, structureDifference } from './structure-difference.ts';
import { formulaOf } from './structure-identity.ts';
import { type StructureShape, structureShape } from './structure-shape.ts';

/** Rotating a structure changes its distances by the rounding of doubles; no tolerance is meant to be smaller (Å). */
export const ROUNDING_ANGSTROM = 1e-9;

/** Comparisons of two shapes after which a search lets others work. */
const COMPARISONS_AT_ONCE = 65_536;

/** Two structures by their places in the list or lists that were searched. */
export interface NearDuplicate {
  readonly first: number;
  readonly second: number;
  /** As `structureDifference` has it. */
  readonly differenceAngstrom: number;
}

/** Pairs of different structures of a list that are at most `toleranceAngstrom` apart, `first` < `second`, the closest first. */
export function findNearDuplicates(
  structures: readonly ComparedStructure[],
  toleranceAngstrom: number,
): NearDuplicate[] {
  const table = new ShapeTable();
  for (const structure of structures) table.add(groupOf(structure), 0, structureShape(structure.positionsAngstrom));
  return compare(structures, table, toleranceAngstrom, false);
}

/** Pairs of one structure of each list that are at most `toleranceAngstrom` apart, the closest first. */
export function findNearDuplicatesBetween(
  structures: readonly ComparedStructure[],
  others: readonly ComparedStructure[],
  toleranceAngstrom: number,
): NearDuplicate[] {
  const table = new ShapeTable();
  const all = [...structures, ...others];
  for (const [i, structure] of all.entries()) {
    table.add(groupOf(structure), i < structures.length ? 0 : 1, structureShape(structure.positionsAngstrom));
  }
  return compare(all, table, toleranceAngstrom, true).map((found) => ({
    ...found,
    second: found.second - structures.length,
  }));
}

function compare(
  structures: readonly ComparedStructure[],
  table: ShapeTable,
  toleranceAngstrom: number,
  acrossParts: boolean,
): NearDuplicate[] {
  const found: NearDuplicate[] = [];
  for (const candidates of table.candidates(toleranceAngstrom, acrossParts)) {
    for (const [first, second] of candidates) {
      const differenceAngstrom = structureDifference(structures[first], structures[second]);
      if (differenceAngstrom <= Math.max(toleranceAngstrom, ROUNDING_ANGSTROM)) {
        found.push({ first, second, differenceAngstrom });
      }
    }
  }
  return found.sort((a, b) => a.differenceAngstrom - b.differenceAngstrom || a.first - b.first || a.second - b.second);
}

/** Structures of different groups are never alike. */
function groupOf({ atomicNumbers, charge }: ComparedStructure): string {
  return shapeGroup(formulaOf(atomicNumbers), charge);
}

export function shapeGroup(formula: string, charge: number): string {
  return `${formula} ${charge}`;
}

interface Group {
  /** Places of its structures in the order in which they were added. */
  readonly places: number[];
  readonly parts: number[];
  /** The radii of gyration, then a column for each quantile. */
  readonly columns: number[][];
}

/**
 * Shapes of many structures, in columns: 72 bytes a structure, whatever its size. It finds the pairs that may be alike, so
 * that only those have to be compared in full.
 */
export class ShapeTable {
  private readonly groups = new Map<string, Group>();
  private count = 0;

  /**
   * Adds the shape of a structure; places are given from 0 on.
   *
   * @param group elements and charge, as `shapeGroup` writes them
   * @param part which split or list the structure is of
   */
  add(group: string, part: number, shape: StructureShape): void {
    const lengths = [shape.radiusOfGyrationAngstrom, ...shape.centroidDistanceQuantilesAngstrom];
    let into = this.groups.get(group);
    if (into === undefined) {
      into = { places: [], parts: [], columns: lengths.map(() => []) };
      this.groups.set(group, into);
    }
    into.places.push(this.count++);
    into.parts.push(part);
    for (const [k, length] of lengths.entries()) into.columns[k].push(length);
  }

  /**
   * Places [smaller, larger] of all pairs whose shapes differ by at most the tolerance in every length: every pair whose
   * structures do is among them, and few others. The pairs come in portions, empty ones too, so that whoever must not be
   * held up can pause between them.
   *
   * @param acrossParts only pairs of different parts
   */
  *candidates(toleranceAngstrom: number, acrossParts: boolean): Generator<(readonly [number, number])[]> {
    const tolerance = Math.max(toleranceAngstrom, 0) + ROUNDING_ANGSTROM;
    let compared = 0;
    let portion: (readonly [number, number])[] = [];
    for (const group of this.groups.values()) {
      const sweep = new Sweep(group, tolerance, acrossParts);
      for (let row = 0; row < group.places.length; row++) {
        compared += sweep.partnersOf(row, portion);
        if (compared < COMPARISONS_AT_ONCE) continue;
        yield portion;
        portion = [];
        compared = 0;
      }
    }
    yield portion;
  }
}

/**
 * The rows of a group in strips: the radii of gyration of a strip lie within the tolerance, or hardly more, and it is sorted by the distance
 * of the farthest atom. So the partners of a row stand together in two places, in its strip and in the next one.
 */
class Sweep {
  private readonly places: Uint32Array;
  private readonly parts: Uint8Array;
  private readonly strips: Float64Array;
  private readonly farthest: Float64Array;
  private readonly columns: readonly Float64Array[];
  /** First row of the next strip that may still be a partner. */
  private next = 0;

  constructor(
    { places, parts, columns }: Group,
    private readonly tolerance: number,
    private readonly acrossParts: boolean,
  ) {
    const last = columns[columns.length - 1];
    // a little wider than the tolerance, so that rounding never leaves a strip between partners
    const strips = Float64Array.from(columns[0], (radius) => Math.floor(radius / (1.01 * tolerance)));
    const order = Uint32Array.from(places.keys()).sort((a, b) => strips[a] - strips[b] || last[a] - last[b]);
    const sorted = (column: ArrayLike<number>) => Float64Array.from(order, (row) => column[row]);
    this.places = Uint32Array.from(order, (row) => places[row]);
    this.parts = Uint8Array.from(order, (row) => parts[row]);
    this.strips = sorted(strips);
    this.farthest = sorted(last);
    this.columns = columns.map(sorted);
  }

  /** Adds the partners of a row that it does not stand behind; rows are asked for in order. Answers how many it looked at. */
  partnersOf(row: number, portion: (readonly [number, number])[]): number {
    const [strips, farthest, tolerance] = [this.strips, this.farthest, this.tolerance];
    const strip = strips[row];
    const end = farthest[row] + tolerance;
    let looked = 0;
    let other = row + 1;
    for (; other < strips.length && strips[other] === strip && farthest[other] <= end; other++, looked++) {
      if (this.alike(row, other)) portion.push(this.pair(row, other));
    }
    const start = farthest[row] - tolerance;
    const before = (at: number) => strips[at] <= strip || (strips[at] === strip + 1 && farthest[at] < start);
    if (this.next <= row) this.next = row + 1;
    while (this.next < strips.length && before(this.next)) this.next++;
    other = this.next;
    for (; other < strips.length && strips[other] === strip + 1 && farthest[other] <= end; other++, looked++) {
      if (this.alike(row, other)) portion.push(this.pair(row, other));
    }
    return looked + 1;
  }

  private alike(row: number, other: number): boolean {
    if (this.acrossParts && this.parts[row] === this.parts[other]) return false;
    for (const column of this.columns) {
      if (Math.abs(column[row] - column[other]) > this.tolerance) return false;
    }
    return true;
  }

  private pair(row: number, other: number): readonly [number, number] {
    const [a, b] = [this.places[row], this.places[other]];
    return a < b ? [a, b] : [b, a];
  }
}
