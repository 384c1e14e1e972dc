import type { Split } from '../../chemistry/calculation-record.ts';
import type * as records from '../records.ts';
import type { Collection, Filter, Page } from './collections.ts';
import type { JobQueue } from './queue.ts';
import type { ClusterRunItems, JobCollection, TrialCurves, WorkerCollection } from './work.ts';

/** One atom of a data set version, found by its values. */
export interface AtomRow {
  readonly calculationId: string;
  readonly clusterId: string;
  readonly position: number;
  readonly split: Split;
  readonly index: number;
  readonly shieldingPpm: number;
}

export interface AtomSearch {
  readonly datasetVersionId: string;
  readonly split: Split | null;
  readonly atomicNumber: number | null;
  readonly shieldingAtLeastPpm: number | null;
  readonly shieldingAtMostPpm: number | null;
  readonly sizes: readonly number[] | null;
  readonly first: number;
  /** Position in the version and index of the atom after which the page starts. */
  readonly after: readonly [position: number, index: number] | null;
}

/** What data set versions hold: calculations in order, each in a split. */
export interface VersionMembers {
  add(datasetVersionId: string, members: readonly records.DatasetMember[]): Promise<void>;
  /** The members of a version in order, of one split if it is named. */
  list(datasetVersionId: string, split: Split | null): Promise<records.DatasetMember[]>;
  /** At most `limit` members of a version in order, from the one behind `position`; -1 starts with the first. */
  behind(datasetVersionId: string, position: number, limit: number): Promise<records.PlacedMember[]>;
  contents(datasetVersionId: string): Promise<records.VersionContents>;
  /** Shieldings (ppm) of each calculation of a split, or of all splits, in order. */
  shieldings(datasetVersionId: string, split: Split | null): Promise<(readonly number[])[]>;
  /** The different elements of its clusters, as atomic numbers, ascending. */
  elements(datasetVersionId: string): Promise<number[]>;
  /** Label or id of a calculation in these splits that lacks one of these populations; null if none does. */
  withoutPopulations(
    datasetVersionId: string,
    splits: readonly Split[],
    labels: readonly string[],
  ): Promise<string | null>;
  /** The different frames of the calculations of a split. */
  frames(datasetVersionId: string, split: Split): Promise<records.CalculationFrame[]>;
  /** The different levels of theory of the calculations of a split, by id. */
  levelsOfTheory(datasetVersionId: string, split: Split): Promise<string[]>;
  /**
   * Which clusters of these calculations a version holds in its training or validation split, as they are or as copies of the same
   * fingerprint: one pair a cluster and split, the same cluster before copies; by id of the cluster, training first.
   */
  heldClusters(datasetVersionId: string, calculationIds: readonly string[]): Promise<records.HeldCluster[]>;
  /**
   * For each of these clusters that has any: those of a split, itself too, of the same elements and charge whose shape differs
   * by at most the tolerance in every length.
   */
  clustersShapedLike(
    datasetVersionId: string,
    split: Split,
    like: { readonly clusterIds: readonly string[]; readonly toleranceAngstrom: number; readonly mostForEach: number },
  ): Promise<{ readonly clusterId: string; readonly likeIds: readonly string[] }[]>;
  searchAtoms(search: AtomSearch): Promise<Page<AtomRow>>;
}

/** Which clusters came out of which. */
export interface Lineage {
  /** Keeps what is there already as it is. A cluster is no parent of itself. */
  add(parents: readonly Omit<records.ClusterParent, 'createdAt'>[]): Promise<void>;
  /** The links from these clusters up to their parents, in the order of the parents. */
  parentsOf(clusterIds: readonly string[]): Promise<records.ClusterParent[]>;
  /** The links from these clusters down to their children, in the order of the children. */
  childrenOf(clusterIds: readonly string[]): Promise<records.ClusterParent[]>;
  /** Every link between these clusters and their ancestors, of any generation, once. */
  ancestry(clusterIds: readonly string[]): Promise<Pick<records.ClusterParent, 'clusterId' | 'parentId'>[]>;
}

/** Shapes of stored clusters. */
export interface ClusterShapes {
  /** In the order of ids, without those there are not. */
  of(clusterIds: readonly string[]): Promise<records.ClusterShape[]>;
  /**
   * Other clusters of the same elements and charge whose shape differs by at most `toleranceAngstrom` in every length: at
   * most `limit`, in the order of their radii of gyration.
   */
  like(shape: records.ClusterShape, toleranceAngstrom: number, limit: number): Promise<records.ClusterShape[]>;
}

/** Splits that the files of valid calculations gave them. */
export interface GivenSplit {
  readonly clusterId: string;
  readonly calculationId: string;
  readonly label: string | null;
  readonly split: Split;
}

export interface Store {
  readonly apiTokens: Collection<records.ApiToken>;
  readonly levelsOfTheory: Collection<records.LevelOfTheoryRecord>;
  readonly shieldingReferences: Collection<records.ShieldingReference>;
  readonly clusters: Collection<records.Cluster>;
  readonly calculations: Collection<records.Calculation>;
  readonly datasets: Collection<records.Dataset>;
  readonly datasetVersions: Collection<records.DatasetVersion>;
  readonly featureSets: Collection<records.FeatureSet>;
  readonly exports: Collection<records.Export>;
  readonly models: Collection<records.Model>;
  readonly trainingRuns: Collection<records.TrainingRun>;
  readonly trials: Collection<records.Trial>;
  readonly trialCurves: TrialCurves;
  readonly studies: Collection<records.Study>;
  readonly modelVersions: Collection<records.ModelVersion>;
  readonly modelAliasChanges: Collection<records.ModelAliasChange>;
  readonly evaluations: Collection<records.Evaluation>;
  readonly predictions: Collection<records.Prediction>;
  readonly uploads: Collection<records.Upload>;
  readonly imports: Collection<records.Import>;
  readonly clusterRuns: Collection<records.ClusterRun>;
  readonly clusterRunItems: ClusterRunItems;
  readonly versionMembers: VersionMembers;
  readonly lineage: Lineage;
  readonly clusterShapes: ClusterShapes;
  readonly jobs: JobCollection;
  readonly workers: WorkerCollection;
  readonly queue: JobQueue;

  /**
   * Runs `work` in one transaction; the store it gets sees and writes inside it. Nested calls join the outer one. After a
   * deadlock `work` runs again from its beginning, so it must have no other effects.
   */
  transaction<T>(work: (store: Store) => Promise<T>): Promise<T>;
  /** Waits for, then holds, the named lock until the transaction ends. */
  lock(name: string): Promise<void>;
  /** How far the trials of a run are, in order; without what they found, which may be large. */
  trialStates(runId: string): Promise<TrialState[]>;
  /** What is known of the pace of the trials of these runs, by run and in order; again without what they found. */
  trialPaces(runIds: readonly string[]): Promise<TrialPace[]>;
  /** Newest number of a versioned noun, 0 if there is none. Take a lock first. */
  latestVersion(noun: 'datasetVersions' | 'featureSets' | 'modelVersions', of: string): Promise<number>;

  idempotentResult(scope: string, key: string): Promise<IdempotentResult | null>;
  /** Takes the key, waiting for another transaction that holds it; false if it is taken. */
  takeIdempotencyKey(scope: string, key: string, operation: string, inputSha256: string): Promise<boolean>;
  saveIdempotentResult(scope: string, key: string, result: unknown): Promise<void>;

  recordArtifact(artifact: Omit<records.Artifact, 'createdAt'>): Promise<void>;
  /** The sha256s of the artifacts that were recorded last, so many at most. */
  newestArtifacts(most: number): Promise<string[]>;
  artifact(sha256: string): Promise<records.Artifact | null>;

  /** Calculations with one of these contents, or that a cluster has under one of these labels; without their values. */
  calculationsAlike(alike: {
    readonly contentSha256s: readonly string[];
    readonly clusterIds: readonly string[];
    readonly labels: readonly string[];
  }): Promise<CalculationMark[]>;

  /** Ids of the calculations that match and are valid, by id; at most `limit`. */
  calculationIds(filter: Filter | null, limit: number): Promise<string[]>;
  /** Calculations by these ids, in the order of their ids, without those there are not. */
  calculationSummaries(ids: readonly string[]): Promise<records.CalculationSummary[]>;

  /** What calculations by these ids say of their atoms' lines, in the order of their ids; field gradients only if asked. */
  calculationLines(ids: readonly string[], fieldGradients: boolean): Promise<records.CalculationLines[]>;

  /** Of valid calculations of these clusters, by id. */
  givenSplits(clusterIds: readonly string[]): Promise<GivenSplit[]>;

  /** Adds to the report of an import, from this position on. */
  addImportItems(importId: string, position: number, items: readonly records.ImportedItem[]): Promise<void>;
  /** The report of an import after a position, in order; of one status if it is named. */
  importItems(
    importId: string,
    page: { readonly after: number; readonly first: number; readonly status: records.ItemStatus | null },
  ): Promise<readonly (records.ImportedItem & { readonly position: number })[]>;

  aliases(modelIds: readonly string[]): Promise<records.ModelAlias[]>;
  setAlias(modelId: string, alias: string, modelVersionId: string, by: string): Promise<void>;
  deleteAlias(modelId: string, alias: string): Promise<boolean>;

  /** Number of the newest migration applied. */
  schemaVersion(): Promise<string>;
}

export type TrialState = Pick<records.Trial, 'id' | 'state' | 'attempt'>;

export type TrialPace = Pick<records.Trial, 'trainingRunId' | 'state' | 'progress'>;

/** What tells a calculation from others. */
export type CalculationMark = Pick<
  records.Calculation,
  | 'id'
  | 'contentSha256'
  | 'clusterId'
  | 'levelOfTheoryId'
  | 'label'
  | 'sourceFileName'
  | 'sourceLine'
  | 'invalidationReason'
>;

export interface IdempotentResult {
  readonly operation: string;
  readonly inputSha256: string;
  readonly result: unknown;
}
