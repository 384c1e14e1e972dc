const BOND_ANGSTROM = 3.5;
const NEAREST_ANGSTROM = 3.3;
const CANDIDATES = 20;

/**
 * Positions (Å, [atoms, 3] row-major) of a random cluster: each atom 3.5 Å from one before it, none nearer than 3.3 Å, at
 * that of 20 places where it is nearest to the middle.
 * @param random uniform in [0, 1)
 */
export function grownCluster(size, random) {
  const atoms = [[0, 0, 0]];
  while (atoms.length < size) {
    const middle = [0, 1, 2].map((axis) => atoms.reduce((sum, atom) => sum + atom[axis], 0) / atoms.length);
    let best = null;
    for (let candidate = 0; candidate < CANDIDATES; candidate++) {
      const anchor = atoms[Math.floor(random() * atoms.length)];
      const place = onSphere(random).map((part, axis) => anchor[axis] + BOND_ANGSTROM * part);
      const isFree = atoms.every((atom) => distance(atom, place) >= NEAREST_ANGSTROM);
      if (isFree && (best === null || distance(place, middle) < distance(best, middle))) best = place;
    }
    if (best !== null) atoms.push(best);
  }
  return Float64Array.from(atoms.flat());
}

function onSphere(random) {
  for (;;) {
    const point = [0, 1, 2].map(() => 2 * random() - 1);
    const length = Math.sqrt(point.reduce((sum, part) => sum + part * part, 0));
    if (length > 0.1 && length <= 1) return point.map((part) => part / length);
  }
}

function distance(a, b) {
  return Math.sqrt(a.reduce((sum, part, axis) => sum + (part - b[axis]) * (part - b[axis]), 0));
}
