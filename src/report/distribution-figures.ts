import { type Axis, axisOver } from './axes.ts';
import type { Layer } from './chart.ts';
import { figure, type LegendEntry } from './figure.ts';
import { type Point, pointsOf } from './points.ts';
import { aboutAtoms, grouped } from './study-query.ts';
import { INK } from './style.ts';

export const SHIELDING = 'σ calculated / ppm';

interface Series {
  /** Null: all sizes. */
  readonly size: number | null;
  readonly counts: readonly number[];
  readonly notFittedBecause: string | null;
  readonly generalizedLogistic: {
    readonly shape: number;
    readonly location: number;
    readonly scale: number;
    readonly kolmogorovSmirnov: number;
    readonly curve: readonly number[];
  } | null;
}

/** Figure 1: the distribution of the shieldings for each cluster size, with the fitted generalised logistic curve. */
export const distributionsBySize = figure<{
  readonly shieldingDistribution: { readonly edgesPpm: readonly number[]; readonly series: readonly Series[] };
}>({
  number: 1,
  title: 'Distribution of the shieldings for each cluster size',
  question: ({ datasetVersion }) => ({
    query: `query ShieldingsBySize($datasetVersion: String!) {
  shieldingDistribution(datasetVersion: $datasetVersion, binWidthPpm: 10) {
    edgesPpm
    series { size counts notFittedBecause generalizedLogistic { shape location scale kolmogorovSmirnov curve } }
  }
}`,
    variables: { datasetVersion: datasetVersion.reference },
  }),
  draw: ({ shieldingDistribution: { edgesPpm, series } }, study) => {
    const x = { ...axisOver(edgesPpm, 5), name: SHIELDING };
    const bySize = series.filter(({ size }) => size !== null);
    const curve: LegendEntry = {
      ...{ colour: 'curve', isLine: true },
      text: 'generalised logistic distribution (type I) of greatest likelihood',
    };
    return {
      layout: 'many',
      blocks: bySize.map(({ size, counts, notFittedBecause, generalizedLogistic: fitted }) => {
        const atoms = counts.reduce((sum, count) => sum + count, 0);
        const fit =
          fitted === null
            ? `not fitted: ${notFittedBecause}`
            : `c = ${fitted.shape.toPrecision(3)}, location ${fitted.location.toFixed(1)} ppm, scale ${fitted.scale.toPrecision(3)} ppm, ` +
              `distance ${fitted.kolmogorovSmirnov.toFixed(3)}`;
        return {
          title: `n = ${size}`,
          note: `${grouped(atoms)} atoms; ${fit}`,
          panels: [
            {
              x,
              y: { ...axisOver([0, ...counts, ...(fitted?.curve ?? [])], 4, 1), name: 'atoms' },
              layers: [
                { kind: 'histogram', edges: edgesPpm, counts, colour: INK.calculated, filled: true },
                ...(fitted === null
                  ? []
                  : [
                      { kind: 'line' as const, points: centresOf(edgesPpm, fitted.curve), colour: INK.curve, width: 2 },
                    ]),
              ],
              description: `Histogram of the shieldings of ${atoms} atoms in clusters of ${size}; ${fit}.`,
            },
          ],
        };
      }),
      caption:
        'Counts of atoms in bins of 10 ppm; c is the shape of the curve, distance the largest one between its distribution function and that of ' +
        `the atoms (Kolmogorov-Smirnov). ${aboutAtoms(study, null)}.`,
      legend: [{ colour: 'calculated', isLine: false, text: 'calculated' }, curve],
    };
  },
});

function centresOf(edges: readonly number[], values: readonly number[]): Point[] {
  return values.map((value, i) => [(edges[i] + edges[i + 1]) / 2, value]);
}

/** Figure 4: quantiles of the test split against those of the generalised logistic distribution fitted to the training. */
export const quantilesOfTheTest = figure<{
  readonly shieldingQuantiles: {
    readonly samplePpm: readonly number[];
    readonly theoreticalPpm: readonly number[];
    readonly kolmogorovSmirnov: number;
  };
}>({
  number: 4,
  title: 'Quantiles of the test split against the generalised logistic distribution',
  question: ({ datasetVersion }) => ({
    query: `query Quantiles($datasetVersion: String!) {
  shieldingQuantiles(datasetVersion: $datasetVersion, split: TEST, fittedTo: TRAIN, points: 500) {
    samplePpm theoreticalPpm kolmogorovSmirnov
  }
}`,
    variables: { datasetVersion: datasetVersion.reference },
  }),
  draw: ({ shieldingQuantiles: { samplePpm, theoreticalPpm, kolmogorovSmirnov } }, study) => {
    const axis = axisOver([...samplePpm, ...theoreticalPpm], 6, 1);
    return {
      layout: 'square',
      blocks: [
        {
          title: null,
          note: null,
          panels: [
            {
              ...SQUARE,
              x: { ...axis, name: 'quantile of the distribution / ppm' },
              y: { ...axis, name: 'quantile calculated / ppm' },
              layers: [diagonal(axis), { kind: 'points', points: pointsOf(theoreticalPpm, samplePpm) }],
              description:
                'Quantiles of the calculated shieldings against those of the fitted distribution, with the diagonal.',
            },
          ],
        },
      ],
      caption:
        `Quantiles of the calculated shieldings of the test split against those of the generalised logistic distribution fitted to the ` +
        `training split; on the line both agree. Largest distance of the distribution functions: ${kolmogorovSmirnov.toFixed(3)}. ` +
        `${aboutAtoms(study, 'TEST')}.`,
      legend: [],
    };
  },
});

const SQUARE = { width: 460, height: 430 };

/** Where both coordinates agree. */
export function diagonal({ min, max }: Axis): Layer {
  const points: Point[] = [
    [min, min],
    [max, max],
  ];
  return { kind: 'line', points, colour: INK.axis, width: 1.25 };
}
