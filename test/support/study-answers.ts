import { commonHistogram } from '../../src/ml/statistics/histogram.ts';
import { STUDY_GRID } from '../../src/ml/study/grid.ts';
import { Random } from '../../src/random.ts';
import type { Question } from '../../src/report/figure.ts';
import type { Study, StudyPart } from '../../src/report/study-query.ts';

export interface InventedStudy {
  /** Clusters of each size, so many sizes. */
  readonly clustersPerSize: number;
  readonly sizes: readonly number[];
  readonly populations?: boolean;
}

/** What the API would answer for an invented study: shieldings with a tail to the left, and models that know most of it. */
export function inventedAnswers({ clustersPerSize, sizes, populations = true }: InventedStudy) {
  const random = new Random(1);
  const atoms = sizes.flatMap((size) =>
    Array.from({ length: size * clustersPerSize }, () => ({ size, ...atom(random) })),
  );
  const test = atoms.filter(({ size }) => size === sizes.at(-1));
  const study = inventedStudy(atoms, test, populations);
  const answers: Readonly<Record<string, (question: Question) => unknown>> = {
    Study: () => ({ study }),
    ShieldingsBySize: () => ({ shieldingDistribution: distribution(atoms, sizes) }),
    Populations: () => {
      const columns = [
        column('CN(4.0 Å)', atoms, 'neighbours'),
        ...ORBITALS.map((label) => column(label, atoms, label)),
      ];
      return { datasetVersion: { atomColumns: { shieldingsPpm: atoms.map(({ ppm }) => ppm), columns } } };
    },
    Neighbours: () => ({
      datasetVersion: {
        atomColumns: {
          shieldingsPpm: atoms.map(({ ppm }) => ppm),
          columns: [column('CN(4.0 Å)', atoms, 'neighbours')],
        },
      },
    }),
    Quantiles: () => {
      const samplePpm = Array.from(
        { length: 200 },
        (_, k) => sortedPpm(test)[Math.floor(((k + 0.5) / 200) * test.length)],
      );
      const theoreticalPpm = samplePpm.map((ppm) => ppm + 0.04 * (600 - ppm));
      return { shieldingQuantiles: { samplePpm, theoreticalPpm, kolmogorovSmirnov: 0.0312 } };
    },
    Predictions: ({ variables }) => ({
      compareModelVersions: comparison(variables.versions as string[], test, random),
    }),
    CoordinationCurves: () => ({ cluster: { runningCoordinationNumbers: coordinationCurves(sizes.at(-1)!, random) } }),
  };
  return {
    study,
    ask: async (question: Question): Promise<unknown> => answers[/^query (\w+)/.exec(question.query)![1]](question),
  };
}

const ORBITALS = ['3S', '3PX', '4S', '4PX'] as const;

type Atom = ReturnType<typeof atom> & { readonly size: number };

function atom(random: Random) {
  const crowding = Math.abs(random.normal());
  const ppm = 618 - 30 * crowding ** 1.5 + 8 * random.normal();
  return {
    ppm,
    neighbours: Math.max(0, Math.round(4 + 2 * crowding + random.normal())) + 0.1 * Math.abs(random.normal()),
    '3S': 0.5 + (ppm - 600) / 900 + 0.03 * random.normal(),
    '3PX': 0.14 - (ppm - 600) / 2500 + 0.03 * random.normal(),
    '4S': 0.2 + 0.05 * random.normal(),
    '4PX': 0.03 + 0.02 * random.normal(),
  };
}

function sortedPpm(atoms: readonly Atom[]): number[] {
  return atoms.map(({ ppm }) => ppm).sort((a, b) => a - b);
}

function column(name: string, atoms: readonly Atom[], field: 'neighbours' | (typeof ORBITALS)[number]) {
  return { name, values: atoms.map((each) => each[field]), pearson: name.startsWith('3S') ? 0.71 : -0.12 };
}

function distribution(atoms: readonly Atom[], sizes: readonly number[]) {
  const series = sizes.map((size) => ({
    name: `${size}`,
    values: atoms.filter((each) => each.size === size).map(({ ppm }) => ppm),
  }));
  const { edgesPpm, counts } = commonHistogram([{ name: 'all', values: sortedPpm(atoms) }, ...series]);
  const fitted = (of: readonly number[]) => ({
    ...{ shape: 0.2345, location: 615.2, scale: 7.31, kolmogorovSmirnov: 0.0421 },
    curve: of.map((_, i) => of.slice(Math.max(0, i - 1), i + 2).reduce((sum, count) => sum + count / 3, 0)),
  });
  return {
    edgesPpm,
    series: counts.map(({ name, counts: of }, i) => ({
      ...{ size: name === 'all' ? null : Number(name), counts: of },
      ...{ notFittedBecause: i === 2 ? 'there are too few' : null, generalizedLogistic: i === 2 ? null : fitted(of) },
    })),
  };
}

function comparison(versions: readonly string[], test: readonly Atom[], random: Random) {
  const calculatedPpm = test.map(({ ppm }) => ppm);
  const evaluations = versions.map((reference) => ({
    modelVersion: { reference },
    calculatedPpm,
    predictedPpm: calculatedPpm.map((ppm) => 595 + 0.5 * (ppm - 595) + 14 * random.normal()),
    metrics: { rmsePpm: 23.456 },
  }));
  const { edgesPpm, counts } = commonHistogram([
    { name: 'calculated', values: calculatedPpm },
    ...evaluations.map(({ modelVersion, predictedPpm }) => ({ name: modelVersion.reference, values: predictedPpm })),
  ]);
  return { evaluations, histogram: { edgesPpm, series: counts } };
}

function coordinationCurves(size: number, random: Random) {
  const radiiAngstrom = Array.from({ length: 90 }, (_, k) => (31 + k) / 10);
  const values = Array.from({ length: size }, () => {
    const reach = 10 + 2 * random.uniform();
    return radiiAngstrom.map((radius) =>
      Math.min(size - 1, Math.round((size * (radius - 2.8) ** 2) / (reach - 2.8) ** 2)),
    );
  });
  return { radiiAngstrom, values };
}

function inventedStudy(atoms: readonly Atom[], test: readonly Atom[], populations: boolean): Study {
  const reference = 'invented/1';
  const splits = [
    { split: 'TRAIN' as const, clusters: 100, atoms: atoms.length - test.length },
    { split: 'VALIDATION' as const, clusters: 10, atoms: 0 },
    { split: 'TEST' as const, clusters: 10, atoms: test.length },
  ];
  return {
    ...{ id: 'U3R1ZHk6MQ==', createdAt: '2026-11-23T08:00:00.000Z', createdBy: 'local admin', state: 'SUCCEEDED' },
    settings: { epochs: 100, seeds: [1, 2, 3, 4], alphas: [1e-5, 1e5] },
    progress: { step: 10, steps: 10 },
    datasetVersion: {
      ...{ reference, sha256: 'ab'.repeat(32), elements: ['Na'], splitCounts: splits },
      dataset: {
        ...{
          title: 'Invented <shieldings> & more',
          description: 'No "DFT": <script>alert(1)</script>',
          licence: 'CC0-1.0',
        },
        ...{ citation: null, doi: null },
      },
      levelsOfTheory: [{ program: 'invented', version: '1', method: 'formula', basis: 'none' }],
    },
    largestTestCluster: { id: 'Q2x1c3Rlcjox', label: "na<40>'", formula: 'Na40', size: 40 },
    parts: STUDY_GRID.map((cell, i) => partOf(cell, i, reference, populations)),
    findings: [
      {
        ...{ claim: 'The shieldings follow a curve.', criterion: 'Nowhere farther than 0.05.', reason: null },
        ...{ verdict: 'HOLDS', numbers: [{ name: 'largest distance at size 40', value: 0.0321, unit: null }] },
      },
      {
        ...{ claim: 'Models hit the mean.', criterion: 'Within 0.2 standard deviations.', reason: null },
        ...{ verdict: 'DOES_NOT_HOLD', numbers: [{ name: 'mean', value: -591.238, unit: 'ppm' }] },
      },
      {
        ...{ claim: 'SchNet gives the tail.', criterion: 'Half of it.', numbers: [], verdict: 'CANNOT_BE_TESTED' },
        reason: 'no atom of the test split is below 500 ppm',
      },
    ],
  };
}

function partOf(cell: (typeof STUDY_GRID)[number], i: number, reference: string, populations: boolean): StudyPart {
  const name = `invented-1-part-${i}`;
  const known = { name, kind: cell.kind, features: cell.features, target: cell.target as 'DIRECT', loss: cell.loss };
  const { features } = cell;
  if (!populations && features !== null && features !== 'CN') {
    const leftOut = 'no calculation of the data has gross orbital populations';
    return { ...known, leftOut, paperRmsePpm: 35.1, trainingRun: null, modelVersion: null };
  }
  const evaluation = (split: 'VALIDATION' | 'TEST') => ({
    ...{ split, datasetVersion: { reference } },
    metrics: {
      ...{ rmsePpm: 20 + i, maePpm: 15 + i, biasPpm: -1.25, trainingMeanRmsePpm: 40.5, trainingMeanMaePpm: 31.25 },
    },
    distribution: {
      calculated: { count: 1600, meanPpm: 591.5, modePpm: 611.25, skewness: -1.62 },
      predicted: { modePpm: 602.5, skewness: -0.75 },
    },
  });
  return {
    ...{ ...known, leftOut: null, paperRmsePpm: i === 0 ? 37.6 : null },
    trainingRun: { state: 'SUCCEEDED', failure: null },
    modelVersion: {
      ...{ reference: `${name}/1`, outcome: { trainingMeanPpm: 593.1 } },
      evaluations: [evaluation('VALIDATION'), evaluation('TEST')],
    },
  };
}
