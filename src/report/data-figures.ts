import { type Axis, axisOver } from './axes.ts';
import type { Layer, Panel } from './chart.ts';
import { figure, type LegendEntry } from './figure.ts';
import { anAtomAPoint, type Point, pointsOf } from './points.ts';
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
            : `c = ${fitted.shape.toPrecision(3)}, location ${fitted.location.toFixed(1)} ppm, scale ${fitted.scale.toPrecision(3)} ppm, distance ${fitted.kolmogorovSmirnov.toFixed(3)}`;
        return {
          title: `n = ${size}`,
          note: `${grouped(atoms)} atoms; ${fit}`,
          panels: [
            {
              x,
              y: { ...axisOver([0, ...counts, ...(fitted?.curve ?? [])], 4), name: 'atoms' },
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

interface AtomColumns {
  readonly datasetVersion: {
    readonly atomColumns: {
      readonly shieldingsPpm: readonly number[];
      readonly columns: readonly {
        readonly name: string;
        readonly values: readonly number[];
        readonly pearson: number | null;
      }[];
    };
  };
}

const ORBITALS = ['3S', '3PX', '4S', '4PX'];

/** Figure 2: shieldings against populations, and populations against coordination numbers. */
export const populationScatters = figure<AtomColumns>({
  number: 2,
  title: 'Shieldings against gross orbital populations, and populations against coordination numbers',
  question: ({ datasetVersion }) => ({
    query: `query Populations($datasetVersion: String!) {
  datasetVersion(datasetVersion: $datasetVersion) {
    atomColumns(radiiAngstrom: [4], populationLabels: ["3S", "3PX", "4S", "4PX"]) {
      shieldingsPpm
      columns { name values pearson }
    }
  }
}`,
    variables: { datasetVersion: datasetVersion.reference },
  }),
  draw: ({ datasetVersion: { atomColumns } }, study) => {
    const { shieldingsPpm, columns } = atomColumns;
    const [numbers, ...populations] = columns;
    const shielding = { ...axisOver(shieldingsPpm), name: SHIELDING };
    const neighbours = { ...axisOver(numbers.values), name: 'CN at 4.0 Å' };
    const electrons = populations.map(({ values }, k) => ({
      ...axisOver(values, 4),
      name: `electrons in ${ORBITALS[k]}`,
    }));
    const against = populations.map(({ values, pearson }, k) => ({
      title: `σ against ${ORBITALS[k]}`,
      note: correlationNote(pearson),
      panels: [
        scatter(values, shieldingsPpm, electrons[k], shielding, `Shielding against the ${ORBITALS[k]} population`),
      ],
    }));
    const withNeighbours = populations.slice(0, 2).map(({ values }, k) => ({
      title: `${ORBITALS[k]} against coordination number`,
      note: null,
      panels: [
        scatter(
          numbers.values,
          values,
          neighbours,
          electrons[k],
          `${ORBITALS[k]} population against coordination number`,
        ),
      ],
    }));
    return {
      layout: 'three',
      blocks: [...against, ...withNeighbours],
      caption: `${capitalized(anAtomAPoint(shieldingsPpm.length))}. ${aboutAtoms(study, null)}. P populations depend on how a cluster is turned.`,
      legend: [],
    };
  },
});

function correlationNote(pearson: number | null): string | null {
  return pearson === null ? null : `Pearson correlation ${pearson.toFixed(2).replace('-', '−')}`;
}

function scatter(
  xs: readonly number[],
  ys: readonly number[],
  x: Axis & { readonly name: string },
  y: Axis & { readonly name: string },
  description: string,
): Panel {
  const points = pointsOf(xs, ys);
  return { x, y, layers: [{ kind: 'points', points }], description: `${description}.` };
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
    const axis = axisOver([...samplePpm, ...theoreticalPpm], 6);
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

/** Figure 6: shieldings against coordination numbers, whole data set. */
export const shieldingsByNeighbours = figure<AtomColumns>({
  number: 6,
  title: 'Shieldings against coordination numbers at 4.0 Å',
  question: ({ datasetVersion }) => ({
    query: `query Neighbours($datasetVersion: String!) {
  datasetVersion(datasetVersion: $datasetVersion) {
    atomColumns(radiiAngstrom: [4]) {
      shieldingsPpm
      columns { name values pearson }
    }
  }
}`,
    variables: { datasetVersion: datasetVersion.reference },
  }),
  draw: ({ datasetVersion: { atomColumns } }, study) => {
    const { shieldingsPpm, columns } = atomColumns;
    const [{ values, pearson }] = columns;
    const x = { ...axisOver([0, ...values], 12), name: 'running coordination number at 4.0 Å' };
    const y = { ...axisOver(shieldingsPpm, 6), name: SHIELDING };
    return {
      layout: 'one',
      blocks: [
        {
          title: null,
          note: correlationNote(pearson),
          panels: [{ ...WIDE, ...scatter(values, shieldingsPpm, x, y, 'Shielding against coordination number') }],
        },
      ],
      caption: `${capitalized(anAtomAPoint(shieldingsPpm.length))}. ${aboutAtoms(study, null)}.`,
      legend: [],
    };
  },
});

const WIDE = { width: 640, height: 380 };

/** Figure 7: running coordination numbers of every atom of one cluster. */
export const coordinationCurves = figure<{
  readonly cluster: {
    readonly runningCoordinationNumbers: {
      readonly radiiAngstrom: readonly number[];
      readonly values: readonly (readonly number[])[];
    };
  };
}>({
  number: 7,
  title: 'Running coordination numbers of every atom of one cluster',
  question: ({ largestTestCluster }) => ({
    query: `query CoordinationCurves($cluster: ID!) {
  cluster(id: $cluster) {
    label formula size
    runningCoordinationNumbers { radiiAngstrom values }
  }
}`,
    variables: { cluster: largestTestCluster.id },
  }),
  draw: ({ cluster: { runningCoordinationNumbers } }, study) => {
    const { radiiAngstrom, values } = runningCoordinationNumbers;
    const { label, formula, size } = study.largestTestCluster;
    const within4 = values.map((row) => row[nearestTo(radiiAngstrom, 4)]);
    const most = within4.indexOf(Math.max(...within4));
    const curves = values.map((row, atom) => ({
      kind: 'line' as const,
      points: pointsOf(radiiAngstrom, row),
      ...(atom === most ? { colour: INK.curve, width: 2.25 } : { colour: INK.predicted, width: 1.1, opacity: 0.65 }),
    }));
    return {
      layout: 'one',
      blocks: [
        {
          title: null,
          note: null,
          panels: [
            {
              ...WIDE,
              x: { ...axisOver(radiiAngstrom, 10), name: 'radius / Å' },
              y: { ...axisOver([0, ...values.flat()], 8), name: 'running coordination number' },
              // the one that stands out comes last, on top
              layers: [...curves.filter((_, atom) => atom !== most), curves[most]],
              description: `Running coordination numbers of the ${size} atoms of ${formula} from ${radiiAngstrom[0]} to ${radiiAngstrom.at(-1)} Å.`,
            },
          ],
        },
      ],
      caption:
        `${label === null ? formula : `${label}, ${formula}`}, the first of the largest clusters of the test split: an atom a curve, ${size} atoms. ` +
        `${study.datasetVersion.reference}.`,
      legend: [
        { colour: 'predicted', isLine: true, text: 'each atom' },
        { colour: 'curve', isLine: true, text: `the one with most neighbours at 4.0 Å (${within4[most].toFixed(1)})` },
      ],
    };
  },
});

function nearestTo(values: readonly number[], wanted: number): number {
  return values.reduce((best, value, i) => (Math.abs(value - wanted) < Math.abs(values[best] - wanted) ? i : best), 0);
}

function capitalized(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}
