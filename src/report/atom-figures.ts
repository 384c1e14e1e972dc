import { type Axis, axisOver } from './axes.ts';
import type { Panel } from './chart.ts';
import { SHIELDING } from './distribution-figures.ts';
import { figure } from './figure.ts';
import { anAtomAPoint, pointsOf } from './points.ts';
import { aboutAtoms, levelsOfTheory } from './study-query.ts';
import { INK } from './style.ts';

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
    const shielding = { ...axisOver(shieldingsPpm, 5, 1), name: SHIELDING };
    const neighbours = { ...axisOver(numbers.values, 5, 1), name: 'CN at 4.0 Å' };
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
    const x = { ...axisOver([0, ...values], 12, 1), name: 'running coordination number at 4.0 Å' };
    const y = { ...axisOver(shieldingsPpm, 6, 1), name: SHIELDING };
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
              y: { ...axisOver([0, ...values.flat()], 8, 1), name: 'running coordination number' },
              // the one that stands out comes last, on top
              layers: [...curves.filter((_, atom) => atom !== most), curves[most]],
              description: `Running coordination numbers of the ${size} atoms of ${formula} from ${radiiAngstrom[0]} to ${radiiAngstrom.at(-1)} Å.`,
            },
          ],
        },
      ],
      caption:
        `${label === null ? formula : `${label}, ${formula}`}, the first of the largest clusters of the test split: an atom a curve, ${size} atoms. ` +
        `${study.datasetVersion.reference} (${levelsOfTheory(study)}).`,
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
