import { levelOfTheoryText, type Split } from '../../chemistry/calculation-record.ts';
import { NatriumError } from '../../errors.ts';
import { atomPlaces } from '../atom-places.ts';
import type { Store } from '../ports.ts';
import type { CalculationSummary, Evaluation, ModelVersion } from '../records.ts';

/** Refusals name so many versions; the rest is counted. */
const MOST_NAMED = 5;

/** A version with its evaluation, as messages name them. */
export interface EvaluatedVersion {
  /** Such as `cn/2`. */
  readonly name: string;
  readonly version: ModelVersion;
  /** Such as `main/1`. */
  readonly datasetVersion: string;
  readonly evaluation: Evaluation;
}

/** What evaluations of the same atoms at one level of theory have in common. */
export interface CommonAtoms {
  readonly levelOfTheoryId: string;
  /** In the order of the first evaluation. */
  readonly calculations: readonly CalculationSummary[];
  /** The evaluations, with their columns in that order. */
  readonly evaluations: readonly Evaluation[];
}

/**
 * Makes sure that versions can be compared: evaluated on the same calculations, in whatever order, all at one level of theory, and
 * trained at that one.
 *
 * @throws NatriumError MIXED_LEVELS_OF_THEORY, NOT_COMPARABLE, saying which versions differ and by how much
 */
export async function commonAtoms(
  store: Store,
  split: Split,
  versions: readonly EvaluatedVersion[],
): Promise<CommonAtoms> {
  const ids = new Set(versions.flatMap(({ evaluation }) => evaluation.calculationIds));
  const found = await store.calculationSummaries([...ids]);
  const calculations = new Map(found.map((each) => [each.id, each]));
  const levelOfTheoryId = await oneLevelOfTheory(store, versions, calculations);
  checkSameCalculations(split, versions, calculations);
  const order = versions[0].evaluation.calculationIds;
  return {
    levelOfTheoryId,
    calculations: order.map((id) => calculations.get(id)!),
    evaluations: versions.map(({ evaluation }) => inOrder(evaluation, order, calculations)),
  };
}

async function oneLevelOfTheory(
  store: Store,
  versions: readonly EvaluatedVersion[],
  calculations: ReadonlyMap<string, CalculationSummary>,
): Promise<string> {
  const evaluatedAt = versions.map(({ evaluation }) => [
    ...new Set(evaluation.calculationIds.map((id) => calculations.get(id)!.levelOfTheoryId)),
  ]);
  const trainedAt = await trainingLevels(store, versions);
  const levels = [...new Set([...evaluatedAt, ...trainedAt].flat())];
  if (levels.length === 1) return levels[0];
  const records = new Map((await store.levelsOfTheory.getMany(levels)).map((level) => [level!.id, level!]));
  const textOf = (id: string) => levelOfTheoryText(records.get(id)!);
  const textsOf = (ids: readonly string[]) => ids.map(textOf).join(' and ');
  const places = versions.map(
    ({ name }, v) => `${name} was trained at ${textsOf(trainedAt[v])} and evaluated at ${textsOf(evaluatedAt[v])}`,
  );
  throw new NatriumError(
    'MIXED_LEVELS_OF_THEORY',
    `errors at different levels of theory cannot be compared: ${upTo(places, '; ')}. Compare versions trained and evaluated at one level`,
    { levelsOfTheory: levels.map(textOf) },
  );
}

/** The levels of theory of the training split of each version. */
async function trainingLevels(store: Store, versions: readonly EvaluatedVersion[]): Promise<string[][]> {
  const known = new Map<string, string[]>();
  for (const { datasetVersionId } of versions.map(({ version }) => version)) {
    if (known.has(datasetVersionId)) continue;
    known.set(datasetVersionId, await store.versionMembers.levelsOfTheory(datasetVersionId, 'train'));
  }
  return versions.map(({ version }) => known.get(version.datasetVersionId)!);
}

function checkSameCalculations(
  split: Split,
  versions: readonly EvaluatedVersion[],
  calculations: ReadonlyMap<string, CalculationSummary>,
): void {
  const [first, ...others] = versions;
  const firstIds = new Set(first.evaluation.calculationIds);
  const different = others.flatMap(({ name, datasetVersion, evaluation }) => {
    const ids = new Set(evaluation.calculationIds);
    const missing = [...firstIds].filter((id) => !ids.has(id));
    const added = [...ids].filter((id) => !firstIds.has(id));
    if (missing.length + added.length === 0) return [];
    const parts = [
      missing.length > 0 ? `lacks ${inWords(missing, calculations)} of them` : '',
      added.length > 0 ? `has ${inWords(added, calculations)} instead or besides` : '',
    ].filter((part) => part !== '');
    return [`${name}, evaluated on ${split} of ${datasetVersion}, ${parts.join(' and ')}`];
  });
  if (different.length === 0) return;
  throw new NatriumError(
    'NOT_COMPARABLE',
    `the versions were not evaluated on the same atoms. ${first.name} was on ${split} of ${first.datasetVersion}, ` +
      `${inWords([...firstIds], calculations)}; ${upTo(different, '; ')}. Give datasetVersion, and evaluate each there by evaluateModelVersion`,
    { different: different.length },
  );
}

function inWords(ids: readonly string[], calculations: ReadonlyMap<string, CalculationSummary>): string {
  const atoms = ids.reduce((sum, id) => sum + calculations.get(id)!.size, 0);
  return `${atoms} atom${atoms === 1 ? '' : 's'} in ${ids.length} cluster${ids.length === 1 ? '' : 's'}`;
}

function upTo(texts: readonly string[], separator: string): string {
  const rest = texts.length - MOST_NAMED;
  return [...texts.slice(0, MOST_NAMED), ...(rest > 0 ? [`and ${rest} more`] : [])].join(separator);
}

/** The same evaluation with its calculations, and the columns over their atoms, in another order. */
function inOrder(
  evaluation: Evaluation,
  order: readonly string[],
  calculations: ReadonlyMap<string, CalculationSummary>,
): Evaluation {
  const { calculationIds, calculatedPpm, predictedPpm, standardDeviationsPpm } = evaluation;
  if (calculationIds.every((id, i) => id === order[i])) return evaluation;
  const { starts } = atomPlaces(calculationIds.map((id) => calculations.get(id)!.size));
  const placeOf = new Map(calculationIds.map((id, place) => [id, place]));
  const places = order.map((id) => placeOf.get(id)!);
  const reordered = (column: readonly number[]) => {
    const found: number[] = [];
    for (const place of places) {
      for (let i = starts[place]; i < starts[place + 1]; i++) found.push(column[i]);
    }
    return found;
  };
  return {
    ...evaluation,
    calculationIds: order,
    calculatedPpm: reordered(calculatedPpm),
    predictedPpm: reordered(predictedPpm),
    standardDeviationsPpm: standardDeviationsPpm && reordered(standardDeviationsPpm),
  };
}
