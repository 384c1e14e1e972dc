import { levelOfTheoryText, type Split } from '../../chemistry/calculation-record.ts';
import { NatriumError } from '../../errors.ts';
import { nameOf } from '../datasets/splitting.ts';
import { nameOfCluster } from '../names.ts';
import type { Store } from '../ports.ts';
import type { CalculationLines, CalculationSummary } from '../records.ts';
import { References } from '../references.ts';

const MOST_ATOMS = 1_000_000;
const MOST_LISTED = 1000;
/** So many atoms are in memory at once with their field gradients. */
const ATOMS_PER_READ = 20_000;

/** Whose atoms make the lines: exactly one of the four. */
export interface SpectrumSourceInput {
  readonly calculationIds: readonly string[] | null;
  readonly clusterIds: readonly string[] | null;
  readonly predictionIds: readonly string[] | null;
  /** Written `name/1`. */
  readonly datasetVersion: string | null;
  /** Only with a data set version. */
  readonly split: Split | null;
  /** Only with clusters. */
  readonly levelOfTheoryId: string | null;
}

/** Shieldings that a spectrum is made of. */
export interface SpectrumSource {
  /** How titles call it. */
  readonly name: string;
  readonly levelOfTheoryIds: readonly string[];
  /** The atoms in the order of the source, in parts. */
  read(fieldGradients: boolean): AsyncIterable<readonly Omit<CalculationLines, 'id'>[]>;
}

/**
 * The source that is asked for. Throws BAD_USER_INPUT for none or several, for an empty or too long list, and for a cluster that
 * does not say which of its calculations is meant; NOT_FOUND, INVALID_STATE, EMPTY_SPLIT and TOO_LARGE as they say.
 */
export async function spectrumSource(store: Store, input: SpectrumSourceInput): Promise<SpectrumSource> {
  const { calculationIds, clusterIds, predictionIds, datasetVersion, split, levelOfTheoryId } = input;
  const given = [calculationIds, clusterIds, predictionIds, datasetVersion].filter((each) => each !== null);
  if (given.length !== 1) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `a spectrum takes exactly one of calculations, clusters, predictions and datasetVersion, not ${given.length}`,
    );
  }
  if (split !== null && datasetVersion === null) {
    throw new NatriumError('BAD_USER_INPUT', 'split goes with datasetVersion only');
  }
  if (levelOfTheoryId !== null && clusterIds === null) {
    throw new NatriumError('BAD_USER_INPUT', 'levelOfTheory goes with clusters only; other sources have theirs');
  }
  if (datasetVersion !== null) return ofDatasetVersion(store, datasetVersion, split);
  if (predictionIds !== null) return ofPredictions(store, listed('predictions', predictionIds));
  if (clusterIds !== null) return ofClusters(store, listed('clusters', clusterIds), levelOfTheoryId);
  return ofCalculations(store, listed('calculations', calculationIds!));
}

function listed(name: string, ids: readonly string[]): readonly string[] {
  if (ids.length === 0 || ids.length > MOST_LISTED) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `${name} lists ${ids.length}; give 1 to ${MOST_LISTED}, or a data set version for more`,
    );
  }
  const twice = ids.findIndex((id, i) => ids.indexOf(id) !== i);
  if (twice >= 0) throw new NatriumError('BAD_USER_INPUT', `${name}[${twice}] is listed before; list each once`);
  return ids;
}

async function ofDatasetVersion(store: Store, reference: string, split: Split | null): Promise<SpectrumSource> {
  const version = await new References(store).datasetVersion(reference);
  const members = await store.versionMembers.list(version.id, split);
  if (members.length === 0) throw new NatriumError('EMPTY_SPLIT', `${split} of ${reference} is empty`);
  const summaries = await store.calculationSummaries(members.map((member) => member.calculationId));
  const byId = new Map(summaries.map((each) => [each.id, each]));
  const inOrder = members.map((member) => byId.get(member.calculationId)!);
  return ofSummaries(store, split === null ? reference : `${reference} ${split}`, inOrder);
}

async function ofCalculations(store: Store, ids: readonly string[]): Promise<SpectrumSource> {
  const byId = new Map((await store.calculationSummaries(ids)).map((each) => [each.id, each]));
  const chosen = ids.map((id, i) => byId.get(id) ?? unknown('calculations', i));
  const invalid = chosen.find((each) => each.invalidationReason !== null);
  if (invalid !== undefined) {
    throw new NatriumError(
      'INVALID_STATE',
      `${nameOf(invalid)} was invalidated (${invalid.invalidationReason}); leave it out`,
    );
  }
  return ofSummaries(store, chosen.length === 1 ? nameOf(chosen[0]) : `${chosen.length} calculations`, chosen);
}

async function ofClusters(
  store: Store,
  clusterIds: readonly string[],
  levelOfTheoryId: string | null,
): Promise<SpectrumSource> {
  const clusters = await store.clusters.getMany(clusterIds);
  const names = clusters.map((cluster, i) => nameOfCluster(cluster ?? unknown('clusters', i)));
  const ids = await store.calculationIds({ clusterId: { in: clusterIds } }, 100 * MOST_LISTED);
  const valid = await store.calculationSummaries(ids);
  const chosen = clusterIds.map((clusterId, i) => {
    const own = valid.filter((each) => each.clusterId === clusterId);
    const usable = levelOfTheoryId === null ? own : own.filter((each) => each.levelOfTheoryId === levelOfTheoryId);
    if (usable.length === 1) return usable[0];
    if (usable.length === 0) {
      const where = own.length === 0 ? '' : ' at that level of theory';
      throw new NatriumError('NOT_FOUND', `${names[i]} has no valid calculation${where}; leave it out or import one`);
    }
    const severalLevels = new Set(usable.map((each) => each.levelOfTheoryId)).size > 1;
    throw new NatriumError(
      'BAD_USER_INPUT',
      severalLevels
        ? `${names[i]} has valid calculations at several levels of theory; say which with levelOfTheory`
        : `${names[i]} has ${usable.length} valid calculations at one level of theory; name the one you mean in calculations`,
    );
  });
  return ofSummaries(store, names.length === 1 ? names[0] : `${names.length} clusters`, chosen);
}

async function ofPredictions(store: Store, ids: readonly string[]): Promise<SpectrumSource> {
  const predictions = (await store.predictions.getMany(ids)).map((each, i) => each ?? unknown('predictions', i));
  checkSize(predictions.reduce((sum, { shieldingsPpm }) => sum + shieldingsPpm.length, 0));
  const versions = await store.modelVersions.getMany([...new Set(predictions.map((each) => each.modelVersionId))]);
  const trainingData = await store.datasetVersions.getMany(versions.map((version) => version!.datasetVersionId));
  return {
    name: `${ids.length} prediction${ids.length === 1 ? '' : 's'}`,
    levelOfTheoryIds: [...new Set(trainingData.flatMap((version) => version!.levelOfTheoryIds))],
    async *read() {
      const clusters = await store.clusters.getMany(predictions.map((each) => each.clusterId));
      yield predictions.map(({ shieldingsPpm }, i) => {
        return { atomicNumbers: clusters[i]!.atomicNumbers, shieldingsPpm, electricFieldGradientsAu: null };
      });
    },
  };
}

function ofSummaries(store: Store, name: string, calculations: readonly CalculationSummary[]): SpectrumSource {
  checkSize(calculations.reduce((sum, { size }) => sum + size, 0));
  return {
    name,
    levelOfTheoryIds: [...new Set(calculations.map((each) => each.levelOfTheoryId))],
    async *read(fieldGradients) {
      for (const ids of inParts(calculations)) {
        const byId = new Map((await store.calculationLines(ids, fieldGradients)).map((each) => [each.id, each]));
        yield ids.map((id) => byId.get(id)!);
      }
    },
  };
}

function* inParts(calculations: readonly CalculationSummary[]): Generator<readonly string[]> {
  let part: string[] = [];
  let atoms = 0;
  for (const { id, size } of calculations) {
    part.push(id);
    atoms += size;
    if (atoms < ATOMS_PER_READ) continue;
    yield part;
    part = [];
    atoms = 0;
  }
  if (part.length > 0) yield part;
}

function checkSize(atoms: number): void {
  if (atoms > MOST_ATOMS) {
    throw new NatriumError(
      'TOO_LARGE',
      `${atoms} atoms in one spectrum; at most ${MOST_ATOMS}, so take a part of them`,
    );
  }
}

function unknown(list: 'calculations' | 'clusters' | 'predictions', index: number): never {
  throw new NatriumError('NOT_FOUND', `${list}[${index}] is the id of nothing that there is`);
}

/** The level of theory that all shieldings of a source are of. Throws MIXED_LEVELS_OF_THEORY if they are of several. */
export async function commonLevelOfTheory(store: Store, { name, levelOfTheoryIds }: SpectrumSource) {
  const levels = await store.levelsOfTheory.getMany(levelOfTheoryIds);
  if (levels.length === 1) return levels[0]!;
  const list = levels.map((level) => levelOfTheoryText(level!)).join('; ');
  throw new NatriumError(
    'MIXED_LEVELS_OF_THEORY',
    `the shieldings of ${name} are of ${levels.length} levels of theory (${list}), but shifts have one reference; ` +
      'take those of one level, or the scale SHIELDING',
    { levelsOfTheory: list },
  );
}
