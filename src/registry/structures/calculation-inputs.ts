import {
  type InputFile,
  type InputOptions,
  type InputProgram,
  writeInput,
} from '../../chemistry/inputs/input-writer.ts';
import { NatriumError } from '../../errors.ts';
import type { Cluster } from '../records.ts';

/** In one answer: about 30 MB of text for the program that needs most of it. */
const MOST_ATOMS = 200_000;

export interface CalculationInput extends InputFile {
  readonly cluster: Cluster;
}

/**
 * An input for each of the clusters, in their order, with the label and identity of the cluster in its name and text.
 * Throws what `writeInput` does, naming the cluster, and TOO_LARGE for more than 200,000 atoms.
 */
export function calculationInputs(
  program: InputProgram,
  clusters: readonly Cluster[],
  options: Omit<InputOptions, 'label'>,
): CalculationInput[] {
  const atoms = clusters.reduce((sum, { size }) => sum + size, 0);
  if (atoms > MOST_ATOMS) {
    throw new NatriumError(
      'TOO_LARGE',
      `inputs for ${atoms} atoms are more than one answer holds, ${MOST_ATOMS}; ask for fewer clusters at once`,
    );
  }
  return clusters.map((cluster) => {
    const structure = { ...cluster, positionsAngstrom: Float64Array.from(cluster.positionsAngstrom) };
    return { ...writeInput(program, structure, { ...options, label: cluster.label }), cluster };
  });
}
