import { densityMode, shareBelow, sorted } from '../statistics/distribution.ts';
import { regressionMetrics } from '../statistics/metrics.ts';
import { mean, standardDeviation } from '../statistics/statistics.ts';
import {
  type Finding,
  type FindingNumber,
  inPpm,
  judged,
  pure,
  type StudyEvidence,
  type StudyModel,
  TAIL_PPM,
  untestable,
} from './finding.ts';
import { STUDY_FEATURES, type StudyCell, type StudyFeatures } from './grid.ts';

/** Means and modes nearer to each other than this many standard deviations of the calculated shieldings are the same. */
const SAME_PLACE = 0.2;

/** A tail as heavy as this share of the calculated one, or less, is none. */
const NO_TAIL = 0.1;

/** A tail as heavy as this share of the calculated one, or more, is there. */
const A_TAIL = 0.5;

/** RMSEs that differ by less than this share are about the same. */
const SAME_RMSE = 0.03;

type Unjudged = { readonly claim: string; readonly criterion: string };

/** The models of these cells, or why one of them is missing. */
function modelsOf(
  { models }: StudyEvidence,
  wanted: readonly Partial<StudyCell>[],
): { readonly models: readonly StudyModel[]; readonly missing: string | null } {
  const found = wanted.map((cell) => {
    const entries = Object.entries(cell) as [keyof StudyCell, unknown][];
    return models.find((model) => entries.every(([field, value]) => model[field] === value));
  });
  const present = found.filter((model) => model !== undefined);
  const without = present.find((model) => model.missing !== null);
  if (present.length < wanted.length) return { models: [], missing: 'the study has no such model' };
  return { models: present, missing: without === undefined ? null : `${without.name}: ${without.missing}` };
}

const lasso = (features: StudyFeatures, target: StudyCell['target']) => ({ kind: 'LASSO', features, target }) as const;
const schNet = (loss: StudyCell['loss'], target: StudyCell['target']) => ({ kind: 'SCHNET', loss, target }) as const;

/** Those of the models trained by mean squared error on shieldings as they are that the data allow; null without SchNet. */
function trainedByMse(evidence: StudyEvidence): readonly StudyModel[] | null {
  const { models } = modelsOf(evidence, [schNet('MSE', 'DIRECT')]);
  if (models.length === 0 || models[0].missing !== null) return null;
  const lassos = evidence.models.filter(
    ({ kind, target, missing }) => kind === 'LASSO' && target === 'DIRECT' && missing === null,
  );
  return [...lassos, ...models];
}

const NO_SCHNET = 'there is no SchNet trained by mean squared error on direct targets';
const CONSTANT = 'the shieldings of the test split are all the same';
const BY_MSE = 'every model trained by mean squared error on direct targets';

/** The mode of a column; of a constant one, the constant. */
function modeOf(values: ArrayLike<number>): number {
  const inOrder = sorted(values);
  return densityMode(inOrder) ?? inOrder[0];
}

/** That models trained by mean squared error hit the mean. */
export function mseHitsTheMean(evidence: StudyEvidence): Finding {
  const finding = {
    claim: 'Models trained by mean squared error hit the mean of the shieldings.',
    criterion:
      `On the test split the mean prediction of ${BY_MSE} is at most ${SAME_PLACE} standard deviations of the calculated shieldings ` +
      'from their mean.',
  };
  return placeFinding(evidence, finding, mean, (distance, limit) => distance <= limit, 'mean');
}

/** That models trained by mean squared error miss the mode. */
export function mseMissesTheMode(evidence: StudyEvidence): Finding {
  const finding = {
    claim: 'Models trained by mean squared error miss the mode of the shieldings.',
    criterion:
      `On the test split the mode of the predictions of ${BY_MSE} is more than ${SAME_PLACE} standard deviations of the calculated ` +
      'shieldings from their mode (kernel density estimates).',
  };
  return placeFinding(evidence, finding, modeOf, (distance, limit) => distance > limit, 'mode');
}

function placeFinding(
  evidence: StudyEvidence,
  finding: Unjudged,
  placeOf: (values: ArrayLike<number>) => number,
  isAsClaimed: (distance: number, limit: number) => boolean,
  what: string,
): Finding {
  const models = trainedByMse(evidence);
  if (models === null) return untestable(finding, NO_SCHNET);
  const limit = SAME_PLACE * standardDeviation(evidence.testPpm);
  if (!(limit > 0)) return untestable(finding, CONSTANT);
  const calculated = placeOf(evidence.testPpm);
  const places = models.map((model) => ({ name: model.name, place: placeOf(model.predictedPpm) }));
  return judged(
    finding,
    places.every(({ place }) => isAsClaimed(Math.abs(place - calculated), limit)),
    [
      inPpm(`${what} calculated`, calculated),
      ...places.map(({ name, place }) => inPpm(`${what} by ${name}`, place)),
      inPpm('limit of the distance', limit),
    ],
  );
}

/** That models trained by mean squared error predict no tail. */
export function mseGivesNoTail(evidence: StudyEvidence): Finding {
  const finding = {
    claim: `Models trained by mean squared error give nothing below ${TAIL_PPM} ppm.`,
    criterion:
      `On the test split ${BY_MSE} predicts less than ${NO_TAIL} times as many atoms below ${TAIL_PPM} ppm as there ` +
      'are.',
  };
  const models = trainedByMse(evidence);
  if (models === null) return untestable(finding, NO_SCHNET);
  return tailFinding(evidence, finding, models, (share, calculated) => share < NO_TAIL * calculated);
}

/** That the distribution loss predicts the tail. */
export function distributionLossGivesTheTail(evidence: StudyEvidence): Finding {
  const finding = {
    claim: `SchNet trained by the distribution loss gives the tail below ${TAIL_PPM} ppm.`,
    criterion:
      `On the test split SchNet trained by the distribution loss on direct targets predicts ${A_TAIL} times as many atoms below ` +
      `${TAIL_PPM} ppm as there are, or more.`,
  };
  const { models, missing } = modelsOf(evidence, [schNet('DISTRIBUTION', 'DIRECT')]);
  if (missing !== null) return untestable(finding, missing);
  return tailFinding(evidence, finding, models, (share, calculated) => share >= A_TAIL * calculated);
}

function tailFinding(
  { testPpm }: StudyEvidence,
  finding: Unjudged,
  models: readonly StudyModel[],
  isAsClaimed: (share: number, calculated: number) => boolean,
): Finding {
  const calculated = shareBelow(sorted(testPpm), TAIL_PPM);
  const shares = models.map(({ name, predictedPpm }) => ({ name, share: shareBelow(sorted(predictedPpm), TAIL_PPM) }));
  const numbers = [
    pure(`share below ${TAIL_PPM} ppm, calculated`, calculated),
    ...shares.map(({ name, share }) => pure(`share below ${TAIL_PPM} ppm by ${name}`, share)),
  ];
  if (calculated === 0) return untestable(finding, `no atom of the test split is below ${TAIL_PPM} ppm`, numbers);
  return judged(
    finding,
    shares.every(({ share }) => isAsClaimed(share, calculated)),
    numbers,
  );
}

/** Models on direct and on transformed targets, otherwise the same. */
interface Pair {
  readonly direct: StudyModel;
  readonly transformed: StudyModel;
}

/** All pairs whose two models are there; the first that is missing says why where there is none. */
function pairsOf(
  evidence: StudyEvidence,
  cells: readonly ((target: StudyCell['target']) => Partial<StudyCell>)[],
): { readonly pairs: readonly Pair[]; readonly missing: string | null } {
  const found = cells.map((cell) => modelsOf(evidence, [cell('DIRECT'), cell('TRANSFORMED')]));
  const pairs = found
    .filter(({ missing }) => missing === null)
    .map(({ models: [direct, transformed] }): Pair => ({ direct, transformed }));
  return { pairs, missing: pairs.length > 0 ? null : (found[0]?.missing ?? null) };
}

const lassoPairs = (evidence: StudyEvidence) =>
  pairsOf(
    evidence,
    STUDY_FEATURES.map((features) => (target) => lasso(features, target)),
  );

const PEAKS =
  `modes of the predictions of the test split (kernel density estimates) count as the same within ${SAME_PLACE} standard deviations of ` +
  'the calculated shieldings';

/** That the transform moves the peak of a Lasso. */
export function transformMovesLassosPeak(evidence: StudyEvidence): Finding {
  const finding = {
    claim: 'Transforming the target moves the peak of the predictions of Lasso.',
    criterion: `For every set of features, direct and transformed targets give different modes; ${PEAKS}.`,
  };
  return peakFinding(evidence, finding, lassoPairs(evidence), (distance, limit) => distance > limit);
}

/** That the transform does not move the peak of SchNet. */
export function transformLeavesSchNetsPeak(evidence: StudyEvidence): Finding {
  const finding = {
    claim: 'Transforming the target does not move the peak of the predictions of SchNet.',
    criterion: `For both losses, direct and transformed targets give the same mode; ${PEAKS}.`,
  };
  const pairs = pairsOf(
    evidence,
    (['MSE', 'DISTRIBUTION'] as const).map((loss) => (target) => schNet(loss, target)),
  );
  return peakFinding(evidence, finding, pairs, (distance, limit) => distance <= limit);
}

function peakFinding(
  { testPpm }: StudyEvidence,
  finding: Unjudged,
  { pairs, missing }: ReturnType<typeof pairsOf>,
  isAsClaimed: (distance: number, limit: number) => boolean,
): Finding {
  if (missing !== null) return untestable(finding, missing);
  const limit = SAME_PLACE * standardDeviation(testPpm);
  if (!(limit > 0)) return untestable(finding, CONSTANT);
  const modes = pairs.map(({ direct, transformed }) => ({
    direct: inPpm(`mode by ${direct.name}`, modeOf(direct.predictedPpm)),
    transformed: inPpm(`mode by ${transformed.name}`, modeOf(transformed.predictedPpm)),
  }));
  return judged(
    finding,
    modes.every(({ direct, transformed }) => isAsClaimed(Math.abs(direct.value - transformed.value), limit)),
    [
      inPpm('mode calculated', modeOf(testPpm)),
      ...modes.flatMap(({ direct, transformed }) => [direct, transformed]),
      inPpm('limit of the distance', limit),
    ],
  );
}

/** Of the predictions of the test split. */
function rmseOf({ testPpm }: StudyEvidence, { name, predictedPpm }: StudyModel): FindingNumber {
  return inPpm(`RMSE of ${name}`, regressionMetrics(testPpm, predictedPpm, 0).rmsePpm);
}

/** That the transform worsens the RMSE of a Lasso. */
export function transformWorsensLasso(evidence: StudyEvidence): Finding {
  const finding = {
    claim: 'Transforming the target worsens the RMSE of Lasso.',
    criterion: `On the test split, for every set of features, the transformed target gives an RMSE more than ${100 * SAME_RMSE} % higher.`,
  };
  const { pairs, missing } = lassoPairs(evidence);
  if (missing !== null) return untestable(finding, missing);
  const rmses = pairs.map(({ direct, transformed }) => [rmseOf(evidence, direct), rmseOf(evidence, transformed)]);
  return judged(
    finding,
    rmses.every(([direct, transformed]) => transformed.value > (1 + SAME_RMSE) * direct.value),
    rmses.flat(),
  );
}

/** The first part of the order of the RMSEs: that Lasso on coordination numbers is worse than SchNet. */
export function coordinationNumbersAreWorst(evidence: StudyEvidence): Finding {
  const finding = {
    claim: 'By RMSE, Lasso on coordination numbers is worse than SchNet.',
    criterion:
      `On the test split, on direct targets, its RMSE is more than ${100 * SAME_RMSE} % higher than that of SchNet trained by mean ` +
      'squared error.',
  };
  const { models, missing } = modelsOf(evidence, [lasso('CN', 'DIRECT'), schNet('MSE', 'DIRECT')]);
  if (missing !== null) return untestable(finding, missing);
  const [numbers, network] = models.map((model) => rmseOf(evidence, model));
  return judged(finding, numbers.value > (1 + SAME_RMSE) * network.value, [numbers, network]);
}

/** The second part of the order of the RMSEs: that SchNet is as good as Lasso on populations. */
export function schNetIsLikePopulations(evidence: StudyEvidence): Finding {
  const finding = {
    claim: 'By RMSE, SchNet, Lasso on populations and Lasso on both sets of features are about the same.',
    criterion: `On the test split, on direct targets, the largest of the three RMSEs is at most ${100 * SAME_RMSE} % higher than the smallest.`,
  };
  const { models, missing } = modelsOf(evidence, [
    schNet('MSE', 'DIRECT'),
    lasso('GOP', 'DIRECT'),
    lasso('CN_GOP', 'DIRECT'),
  ]);
  if (missing !== null) return untestable(finding, missing);
  const rmses = models.map((model) => rmseOf(evidence, model));
  const values = rmses.map(({ value }) => value);
  return judged(finding, Math.max(...values) <= (1 + SAME_RMSE) * Math.min(...values), rmses);
}
