import { levelOfTheoryText, SPLITS, type Split } from '../../chemistry/calculation-record.ts';
import { NatriumError } from '../../errors.ts';
import type { LabelledInput, ModelInput } from '../../ml/model.ts';
import { Random } from '../../random.ts';
import { type Caller, requireRole } from '../caller.ts';
import { sha256Hex } from '../canonical-json.ts';
import type { MutationRequest, Mutations } from '../mutations.ts';
import { checkName, checkText, nameOfCluster } from '../names.ts';
import type { Filter, Store } from '../ports.ts';
import type { Calculation, CalculationSummary, Cluster, DatasetMember, DatasetVersion } from '../records.ts';
import { References } from '../references.ts';
import { assignSplits } from './relatives.ts';
import { checkSplit, nameOf, type SplitInput } from './splitting.ts';

const LARGEST_VERSION = 100_000;

export interface DatasetInput {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly licence: string;
  readonly citation: string | null;
  readonly doi: string | null;
}

export interface DatasetVersionInput {
  readonly dataset: string;
  readonly calculationIds: readonly string[] | null;
  readonly filter: Filter | null;
  readonly split: SplitInput;
  readonly allowMixedLevelsOfTheory: boolean;
}

/** Data sets and their frozen versions. */
export class Datasets {
  constructor(
    private readonly store: Store,
    private readonly mutations: Mutations,
  ) {}

  /** A data set of this name with the same particulars is answered as it is. */
  create(caller: Caller, request: MutationRequest, input: DatasetInput): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    checkName('data set', input.name);
    checkText('title', input.title, 200);
    checkText('description', input.description, 10_000);
    checkText('licence', input.licence, 200);
    if (input.citation !== null) checkText('citation', input.citation, 2000);
    if (input.doi !== null && !/^10\.\d{4,9}\/\S{1,200}$/.test(input.doi)) {
      throw new NatriumError('BAD_USER_INPUT', `doi ${JSON.stringify(input.doi)} is not of the form 10.1234/abc`);
    }
    return this.mutations.run(caller, request, async (store) => {
      const inserted = await store.datasets.insertUnlessExists({ ...input, createdBy: caller.name }, ['name']);
      if (inserted !== null) return inserted.id;
      const existing = (await store.datasets.findOne({ name: input.name }))!;
      const fields = ['title', 'description', 'licence', 'citation', 'doi'] as const;
      const differs = fields.find((field) => existing[field] !== input[field]);
      if (differs !== undefined) {
        throw new NatriumError(
          'ALREADY_EXISTS',
          `data set ${input.name} exists with another ${differs}: ${JSON.stringify(existing[differs])}; choose another name`,
        );
      }
      return existing.id;
    });
  }

  /** Freezes a list of calculations with its split. The same list in the same data set is answered as it is. */
  createVersion(caller: Caller, request: MutationRequest, input: DatasetVersionInput): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    const splitting = checkSplit(input.split);
    return this.mutations.run(caller, request, async (store) => {
      const dataset = await new References(store).dataset(input.dataset);
      const chosen = await chooseCalculations(store, input);
      const members = await assignSplits(store, splitting, chosen);
      checkClustersStayTogether(chosen, members);
      const levelOfTheoryIds = await levels(store, chosen, input.allowMixedLevelsOfTheory);
      const splitCounts = SPLITS.map((split) => ({
        split,
        clusters: members.filter((member) => member.split === split).length,
        atoms: chosen.reduce((sum, each, i) => sum + (members[i].split === split ? each.size : 0), 0),
      }));
      if (splitCounts[0].clusters === 0) {
        throw new NatriumError(
          'EMPTY_SPLIT',
          `the split leaves no cluster in train (${members.length} in validation and test); change the split`,
        );
      }
      const sha256 = sha256Hex(chosen.map((each, i) => `${each.contentSha256} ${members[i].split}\n`).join(''));

      await store.lock(`dataset-version:${dataset.id}`);
      const existing = await store.datasetVersions.findOne({ datasetId: dataset.id, sha256 });
      if (existing !== null) return existing.id;
      const version = await store.datasetVersions.insert({
        datasetId: dataset.id,
        version: (await store.latestVersion('datasetVersions', dataset.id)) + 1,
        sha256,
        splitMethod: splitting.method,
        levelOfTheoryIds,
        splitCounts,
        createdBy: caller.name,
      });
      await store.versionMembers.add(version.id, members);
      return version.id;
    });
  }

  /** Calculations of a version in its order, of one split or of all. */
  private async calculations(version: DatasetVersion, split: Split | null): Promise<Calculation[]> {
    const members = await this.store.versionMembers.list(version.id, split);
    return present(await this.store.calculations.getMany(members.map((each) => each.calculationId)));
  }

  /** The clusters of a version with their shieldings, in the version's order. */
  async inputs(version: DatasetVersion, split: Split): Promise<readonly SplitInputs[]> {
    return this.inputsOf(await this.calculations(version, split));
  }

  /** At most `most` clusters of a split, drawn by the seed, with their shieldings. */
  async sampleOfInputs(version: DatasetVersion, split: Split, most: number, seed: number): Promise<SplitInputs[]> {
    const members = await this.store.versionMembers.list(version.id, split);
    const drawn = new Random(seed).shuffle(members).slice(0, most);
    return this.inputsOf(present(await this.store.calculations.getMany(drawn.map((each) => each.calculationId))));
  }

  private async inputsOf(calculations: readonly Calculation[]): Promise<SplitInputs[]> {
    const clusters = await clustersOf(this.store, calculations);
    return calculations.map((calculation, i) => ({
      calculation,
      cluster: clusters[i],
      input: labelledInput(clusters[i], calculation),
    }));
  }
}

export interface SplitInputs {
  readonly calculation: Calculation;
  readonly cluster: Cluster;
  readonly input: LabelledInput;
}

export function labelledInput(cluster: Cluster, calculation: Calculation): LabelledInput {
  return {
    ...unlabelledInput(cluster, calculation),
    shieldingsPpm: Float64Array.from(calculation.shieldingsPpm),
  };
}

/** A cluster with the orbital populations of a calculation, if one is given. */
export function unlabelledInput(cluster: Cluster, calculation: Calculation | null): ModelInput {
  return {
    name: calculation?.label ?? cluster.label ?? nameOfCluster(cluster),
    structure: {
      atomicNumbers: cluster.atomicNumbers,
      positionsAngstrom: Float64Array.from(cluster.positionsAngstrom),
      charge: cluster.charge,
      multiplicity: cluster.multiplicity,
    },
    populationLabels: calculation?.populationLabels ?? null,
    grossOrbitalPopulations: calculation?.grossOrbitalPopulations
      ? Float64Array.from(calculation.grossOrbitalPopulations)
      : null,
  };
}

function present<T>(records: readonly (T | null)[]): T[] {
  return records.filter((record) => record !== null);
}

async function clustersOf(store: Store, calculations: readonly Calculation[]): Promise<Cluster[]> {
  return present(await store.clusters.getMany(calculations.map((each) => each.clusterId)));
}

async function chooseCalculations(store: Store, input: DatasetVersionInput): Promise<CalculationSummary[]> {
  if ((input.calculationIds === null) === (input.filter === null)) {
    throw new NatriumError('BAD_USER_INPUT', 'give either the ids of the calculations or a filter for them');
  }
  const ids = input.calculationIds ?? (await store.calculationIds(input.filter, LARGEST_VERSION + 1));
  if (ids.length === 0) throw new NatriumError('EMPTY_SPLIT', 'no valid calculation matches; import some first');
  if (ids.length > LARGEST_VERSION) {
    throw new NatriumError('TOO_LARGE', `a data set version holds at most ${LARGEST_VERSION} calculations`);
  }
  if (new Set(ids).size < ids.length) {
    throw new NatriumError('BAD_USER_INPUT', 'a calculation is listed twice; list each once');
  }
  const found = await store.calculationSummaries(ids);
  if (found.length < ids.length) {
    const known = new Set(found.map((each) => each.id));
    throw new NatriumError('NOT_FOUND', `there is no calculation ${ids.find((id) => !known.has(id))}`);
  }
  const invalid = found.find((each) => each.invalidationReason !== null);
  if (invalid !== undefined) {
    throw new NatriumError(
      'INVALID_STATE',
      `${nameOf(invalid)} was invalidated (${invalid.invalidationReason}); leave it out`,
    );
  }
  return found;
}

/** A cluster in two splits would leak; a cluster twice at one level of theory would count double. */
function checkClustersStayTogether(chosen: readonly CalculationSummary[], members: readonly DatasetMember[]): void {
  const seen = new Map<string, number>();
  chosen.forEach((calculation, i) => {
    const first = seen.get(calculation.clusterId);
    if (first === undefined) {
      seen.set(calculation.clusterId, i);
      return;
    }
    const pair = `${nameOf(chosen[first])} and ${nameOf(calculation)} are of the same cluster (${calculation.formula})`;
    if (chosen[first].levelOfTheoryId === calculation.levelOfTheoryId) {
      throw new NatriumError('BAD_USER_INPUT', `${pair} at the same level of theory; keep one of them`);
    }
    if (members[first].split !== members[i].split) {
      throw new NatriumError('BAD_USER_INPUT', `${pair} but in different splits; put both into one`);
    }
  });
}

async function levels(store: Store, chosen: readonly CalculationSummary[], allowMixed: boolean): Promise<string[]> {
  const ids = [...new Set(chosen.map((calculation) => calculation.levelOfTheoryId))].sort();
  if (ids.length > 1 && !allowMixed) {
    const found = present(await store.levelsOfTheory.getMany(ids));
    const list = found.map(levelOfTheoryText).join('; ');
    throw new NatriumError(
      'MIXED_LEVELS_OF_THEORY',
      `the calculations are of ${ids.length} levels of theory (${list}); filter for one, or set allowMixedLevelsOfTheory`,
      { levelsOfTheory: list },
    );
  }
  return ids;
}
