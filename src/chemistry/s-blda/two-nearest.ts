/**
 * Atoms with, for each, its distances to its nearest and to its next-nearest neighbour, kept true while atoms are added and
 * moved. All in Å, Infinity where there is no such neighbour. Only + - x and sqrt: every machine gets the same digits.
 */
export class TwoNearest {
  size = 0;
  /** x y z of each atom in turn. */
  readonly positions: Float64Array;
  readonly nearest: Float64Array;
  readonly next: Float64Array;
  /** Atoms whose two distances the proposed move changes, the moved one first, and what becomes of them. */
  readonly changed: Int32Array;
  readonly changedNearest: Float64Array;
  readonly changedNext: Float64Array;
  changes = 0;

  private readonly nearestAtom: Int32Array;
  private readonly nextAtom: Int32Array;
  private readonly changedNearestAtom: Int32Array;
  private readonly changedNextAtom: Int32Array;
  /** Of `next`. */
  private readonly nextSquare: Float64Array;
  private proposed: readonly [number, number, number] = [0, 0, 0];

  constructor(capacity: number) {
    this.positions = new Float64Array(3 * capacity);
    [this.nearest, this.next, this.nextSquare, this.changedNearest, this.changedNext] = Array.from(
      { length: 5 },
      () => new Float64Array(capacity),
    );
    [this.changed, this.nearestAtom, this.nextAtom, this.changedNearestAtom, this.changedNextAtom] = Array.from(
      { length: 5 },
      () => new Int32Array(capacity),
    );
  }

  /** Distance of an atom from a place. */
  distance(atom: number, x: number, y: number, z: number): number {
    const dx = this.positions[3 * atom] - x;
    const dy = this.positions[3 * atom + 1] - y;
    const dz = this.positions[3 * atom + 2] - z;
    return Math.sqrt(dx * dx + dy * dy + dz * dz);
  }

  add(x: number, y: number, z: number): void {
    const atom = this.size++;
    this.nearest[atom] = Number.POSITIVE_INFINITY;
    this.next[atom] = Number.POSITIVE_INFINITY;
    this.nextSquare[atom] = Number.POSITIVE_INFINITY;
    this.nearestAtom[atom] = -1;
    this.nextAtom[atom] = -1;
    this.propose(atom, x, y, z);
    this.accept();
  }

  /** Works out what moving an atom to a place would change; `accept` makes it so. */
  propose(atom: number, x: number, y: number, z: number): void {
    this.proposed = [x, y, z];
    this.changed[0] = atom;
    this.changes = 1;
    const { positions: p, nearestAtom, nextAtom, nextSquare, size } = this;
    let [first, second] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    let [firstAtom, secondAtom] = [-1, -1];
    for (let other = 0; other < size; other++) {
      const dx = p[3 * other] - x;
      const dy = p[3 * other + 1] - y;
      const dz = p[3 * other + 2] - z;
      const square = dx * dx + dy * dy + dz * dz;
      const isAmongTwo = nearestAtom[other] === atom || nextAtom[other] === atom;
      // most atoms are too far to matter
      if ((square >= second && square >= nextSquare[other] && !isAmongTwo) || other === atom) continue;
      if (square < first) {
        [second, secondAtom] = [first, firstAtom];
        [first, firstAtom] = [square, other];
      } else if (square < second) {
        [second, secondAtom] = [square, other];
      }
      if (isAmongTwo) this.rescan(other, atom, square);
      else if (square < nextSquare[other]) this.bringNearer(other, atom, Math.sqrt(square));
    }
    this.set(0, Math.sqrt(first), firstAtom, Math.sqrt(second), secondAtom);
  }

  accept(): void {
    const [atom] = this.changed;
    this.positions.set(this.proposed, 3 * atom);
    for (let k = 0; k < this.changes; k++) {
      const changed = this.changed[k];
      this.nearest[changed] = this.changedNearest[k];
      this.next[changed] = this.changedNext[k];
      this.nextSquare[changed] = this.changedNext[k] * this.changedNext[k];
      this.nearestAtom[changed] = this.changedNearestAtom[k];
      this.nextAtom[changed] = this.changedNextAtom[k];
    }
  }

  /** An atom that was not among the two nearest of `other` comes between them. */
  private bringNearer(other: number, atom: number, distance: number): void {
    const at = this.changes++;
    this.changed[at] = other;
    if (distance < this.nearest[other]) this.set(at, distance, atom, this.nearest[other], this.nearestAtom[other]);
    else this.set(at, this.nearest[other], this.nearestAtom[other], distance, atom);
  }

  /** One of the two nearest of `other` moves, so that a third may take its place. */
  private rescan(other: number, moved: number, movedSquare: number): void {
    const { positions: p, size } = this;
    const [x, y, z] = [p[3 * other], p[3 * other + 1], p[3 * other + 2]];
    let [first, second] = [movedSquare, Number.POSITIVE_INFINITY];
    let [firstAtom, secondAtom] = [moved, -1];
    for (let third = 0; third < size; third++) {
      const dx = p[3 * third] - x;
      const dy = p[3 * third + 1] - y;
      const dz = p[3 * third + 2] - z;
      const square = dx * dx + dy * dy + dz * dz;
      if (square >= second || third === other || third === moved) continue;
      if (square < first) {
        [second, secondAtom] = [first, firstAtom];
        [first, firstAtom] = [square, third];
      } else {
        [second, secondAtom] = [square, third];
      }
    }
    const at = this.changes++;
    this.changed[at] = other;
    this.set(at, Math.sqrt(first), firstAtom, Math.sqrt(second), secondAtom);
  }

  private set(at: number, nearest: number, nearestAtom: number, next: number, nextAtom: number): void {
    this.changedNearest[at] = nearest;
    this.changedNearestAtom[at] = nearestAtom;
    this.changedNext[at] = next;
    this.changedNextAtom[at] = nextAtom;
  }
}

/** For each atom its distances (Å) to the nearest and to the next-nearest atom; Infinity where there is none. */
export function twoShortestDistances(positionsAngstrom: Float64Array): (readonly [number, number])[] {
  const atoms = positionsAngstrom.length / 3;
  const cluster = new TwoNearest(atoms);
  for (let i = 0; i < atoms; i++) {
    cluster.add(positionsAngstrom[3 * i], positionsAngstrom[3 * i + 1], positionsAngstrom[3 * i + 2]);
  }
  return Array.from({ length: atoms }, (_, i) => [cluster.nearest[i], cluster.next[i]]);
}
