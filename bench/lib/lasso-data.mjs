import { syntheticShieldings } from '../../dist/chemistry/synthetic-shieldings.js';
import { featureMatrix } from '../../dist/ml/features/feature-matrix.js';
import {
  PAPER_POPULATION_LABELS,
  PAPER_RADII_ANGSTROM,
  PAPER_SMEARING_ANGSTROM,
} from '../../dist/ml/features/feature-set.js';
import { Random } from '../../dist/random.js';
import { labelledClusters, TRAIN_SIZES } from './schnet-training.mjs';

const NOISE_PPM = 2;

/**
 * Features and standardised target of the 28,000 atoms of the paper's training split: 90 running coordination numbers of generated
 * clusters, and 19 columns that, as populations do, follow the surroundings of an atom but for a share of their own.
 */
export function lassoTraining() {
  const { structures } = labelledClusters(TRAIN_SIZES);
  const counted = featureMatrix(
    {
      runningCoordinationNumbers: { radiiAngstrom: PAPER_RADII_ANGSTROM, smearingAngstrom: PAPER_SMEARING_ANGSTROM },
      grossOrbitalPopulations: null,
    },
    structures.map((structure, k) => ({
      ...{ name: `cluster ${k}`, structure, populationLabels: null, grossOrbitalPopulations: null },
    })),
  );
  const random = new Random(3);
  const normals = (count) => Float64Array.from({ length: count }, () => random.normal());
  const mixtures = PAPER_POPULATION_LABELS.map(() => normals(counted.columns));
  const columns = counted.columns + mixtures.length;
  const data = new Float64Array(counted.rows * columns);
  for (let row = 0; row < counted.rows; row++) {
    const own = counted.data.subarray(row * counted.columns, (row + 1) * counted.columns);
    data.set(own, row * columns);
    mixtures.forEach((mixture, k) => {
      const mixed = own.reduce((sum, value, j) => sum + mixture[j] * value, 0);
      data[row * columns + counted.columns + k] = 1 + 0.002 * mixed + 0.05 * random.normal();
    });
  }
  const shieldings = structures.flatMap((structure) => [...syntheticShieldings(structure)]);
  const ppm = Float64Array.from(shieldings, (shielding) => shielding + NOISE_PPM * random.normal());
  const mean = ppm.reduce((sum, value) => sum + value, 0) / ppm.length;
  const deviation = Math.sqrt(ppm.reduce((sum, value) => sum + (value - mean) ** 2, 0) / ppm.length);
  return { features: { rows: counted.rows, columns, data }, target: ppm.map((value) => (value - mean) / deviation) };
}
