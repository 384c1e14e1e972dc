import { type Axis, axisOver } from './axes.ts';
import { diagonal, SHIELDING } from './distribution-figures.ts';
import { type Block, figure } from './figure.ts';
import { anAtomAPoint, pointsOf } from './points.ts';
import { aboutAtoms, evaluationOf, grouped, type Study, type StudyPart, titleOf, whyMissing } from './study-query.ts';
import { INK } from './style.ts';

interface Comparison {
  readonly compareModelVersions: {
    readonly histogram: {
      readonly edgesPpm: readonly number[];
      readonly series: readonly { readonly name: string; readonly counts: readonly number[] }[];
    };
    readonly evaluations: readonly {
      readonly modelVersion: { readonly reference: string };
      readonly calculatedPpm: readonly number[];
      readonly predictedPpm: readonly number[];
      readonly metrics: { readonly rmsePpm: number };
    }[];
  };
}

const QUERY = `query Predictions($versions: [String!]!, $datasetVersion: String!) {
  compareModelVersions(modelVersions: $versions, datasetVersion: $datasetVersion, split: TEST) {
    histogram(binWidthPpm: 10) { edgesPpm series { name counts } }
    evaluations {
      modelVersion { reference }
      calculatedPpm predictedPpm
      metrics { rmsePpm }
    }
  }
}`;

/** Figure 3: what Lasso predicts for the test split. */
export const lassoPredictions = predictions(
  3,
  'Predictions of Lasso on the test split',
  ({ kind, features }) => kind === 'LASSO' && features !== 'CN_GOP',
);

/** Figure 5: what SchNet predicts for the test split. */
export const schNetPredictions = predictions(
  5,
  'Predictions of SchNet on the test split',
  ({ kind }) => kind === 'SCHNET',
);

function predictions(number: number, title: string, isShown: (part: StudyPart) => boolean) {
  const shownOf = (study: Study) => study.parts.filter(isShown);
  const evaluatedOf = (study: Study) =>
    shownOf(study).filter((part) => evaluationOf(study, part, 'TEST') !== undefined);
  return figure<Comparison>({
    number,
    title,
    question: (study) => {
      const evaluated = evaluatedOf(study);
      if (evaluated.length === 0) return { missing: shownOf(study).map(missingText).join('; ') };
      const versions = evaluated.map(({ modelVersion }) => modelVersion!.reference);
      return { query: QUERY, variables: { versions, datasetVersion: study.datasetVersion.reference } };
    },
    draw: ({ compareModelVersions }, study) => {
      const evaluated = evaluatedOf(study);
      const lacking = shownOf(study).filter((part) => !evaluated.includes(part));
      return {
        layout: 'many',
        blocks: blocksOf(evaluated, compareModelVersions),
        caption:
          `Above, counts of atoms in bins of 10 ppm; below, ${anAtomAPoint(compareModelVersions.evaluations[0].calculatedPpm.length)}; on ` +
          'the line prediction and calculation agree. ' +
          `${aboutAtoms(study, 'TEST')}.${lacking.length === 0 ? '' : ` Not shown: ${lacking.map(missingText).join('; ')}.`}`,
        legend: [
          { colour: 'calculated', isLine: false, text: 'calculated' },
          { colour: 'predicted', isLine: true, text: 'predicted' },
        ],
      };
    },
  });
}

function missingText(part: StudyPart): string {
  return `${titleOf(part)} (${whyMissing(part)})`;
}

/** A histogram and a scatter of each model, on the same axes for all. */
function blocksOf(
  parts: readonly StudyPart[],
  { histogram, evaluations }: Comparison['compareModelVersions'],
): Block[] {
  const [calculated, ...predicted] = histogram.series;
  const shieldings = axisOver(shownRange(evaluations).flatMap(edgesOfBin), 5, BIN_PPM);
  const counts = { ...axisOver([0, ...histogram.series.flatMap((series) => series.counts)], 4, 1), name: 'atoms' };
  return evaluations.map(({ calculatedPpm, predictedPpm, metrics, modelVersion }, k) => ({
    title: titleOf(parts[k]),
    note: `RMSE ${metrics.rmsePpm.toFixed(2)} ppm; ${modelVersion.reference}${outside(predictedPpm, shieldings)}`,
    panels: [
      {
        x: { ...shieldings, name: 'σ / ppm' },
        y: counts,
        layers: [
          {
            ...{ kind: 'histogram', edges: histogram.edgesPpm, filled: true },
            ...{ counts: calculated.counts, colour: INK.calculated },
          },
          {
            ...{ kind: 'histogram', edges: histogram.edgesPpm, filled: false },
            ...{ counts: predicted[k].counts, colour: INK.predicted },
          },
        ],
        description: `Histogram of the predicted shieldings over that of the calculated ones: ${titleOf(parts[k])}.`,
      },
      {
        x: { ...shieldings, name: SHIELDING },
        y: { ...shieldings, name: 'σ predicted / ppm' },
        height: 286,
        layers: [diagonal(shieldings), { kind: 'points', points: pointsOf(calculatedPpm, predictedPpm) }],
        description: `Predicted against calculated shieldings: ${titleOf(parts[k])}, RMSE ${metrics.rmsePpm.toFixed(2)} ppm.`,
      },
    ],
  }));
}

/** Width of the bins that the query asks for. */
const BIN_PPM = 10;

/** What an axis has to hold so that no bin is cut. */
function edgesOfBin(shieldingPpm: number): number[] {
  const lower = BIN_PPM * Math.floor(shieldingPpm / BIN_PPM);
  return [lower, lower + BIN_PPM];
}

/** Of the predictions of a model so many at each end may lie beyond the axes, so that a few wild ones do not hide the others. */
const WILD = 0.005;

/** All calculated shieldings, and nearly all predicted ones. */
function shownRange(evaluations: Comparison['compareModelVersions']['evaluations']): number[] {
  return evaluations.flatMap(({ calculatedPpm, predictedPpm }) => {
    const inOrder = predictedPpm.toSorted((a, b) => a - b);
    const first = Math.floor(WILD * inOrder.length);
    return [...calculatedPpm, inOrder[first], inOrder[inOrder.length - 1 - first]];
  });
}

function outside(predictedPpm: readonly number[], { min, max }: Axis): string {
  const count = predictedPpm.filter((value) => value < min || value > max).length;
  return count === 0 ? '' : `; ${grouped(count)} outside of the axes`;
}
