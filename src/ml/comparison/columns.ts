import { NatriumError } from '../../errors.ts';

/** Calculated shieldings and those that several model versions predict for the same atoms, ppm, cluster after cluster. */
export interface ComparedColumns {
  readonly calculatedPpm: Float64Array;
  /** One column a version. */
  readonly predictedPpm: readonly Float64Array[];
  /** Where the atoms of each cluster begin, from 0, and behind the last one the number of all atoms. */
  readonly clusterStarts: Uint32Array;
}

/** Throws BAD_USER_INPUT unless there are atoms, columns of equal length, and clusters that hold each atom once. */
export function checkColumns({ calculatedPpm, predictedPpm, clusterStarts }: ComparedColumns): void {
  const atoms = calculatedPpm.length;
  const fits =
    atoms > 0 &&
    predictedPpm.length > 0 &&
    predictedPpm.every((column) => column.length === atoms) &&
    clusterStarts[0] === 0 &&
    clusterStarts[clusterStarts.length - 1] === atoms &&
    clusterStarts.every((start, c) => c === 0 || start > clusterStarts[c - 1]);
  if (fits) return;
  throw new NatriumError(
    'BAD_USER_INPUT',
    `A comparison needs columns of the same atoms in whole clusters; there are ${atoms} calculated shieldings and ` +
      `${predictedPpm.map((column) => column.length).join(', ') || 'no'} predicted ones.`,
  );
}

/** For each atom the number of its cluster. */
export function clusterOfAtoms(clusterStarts: Uint32Array): Uint32Array {
  const clusters = new Uint32Array(clusterStarts[clusterStarts.length - 1]);
  for (let c = 0; c + 1 < clusterStarts.length; c++) clusters.fill(c, clusterStarts[c], clusterStarts[c + 1]);
  return clusters;
}
