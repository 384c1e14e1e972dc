/**
 * What the registry needs from the world. `store`, `artifacts` and `jobs` implement these; the registry knows no other
 * technology.
 */
import type { Readable } from 'node:stream';
import type { Split } from '../chemistry/calculation-record.ts';
import type { Relaxation, RelaxationOptions } from '../chemistry/relaxation.ts';
import type { GeneratedCluster, GenerationParameters } from '../chemistry/s-blda/generator.ts';
import type { Structure } from '../chemistry/structure.ts';
import type { NatriumError } from '../errors.ts';
import type { ComparedColumns } from '../ml/comparison/columns.ts';
import type { ComparisonTask, MetricComparison } from '../ml/comparison/comparison.ts';
import type { DistanceMatrix } from '../ml/comparison/distance-matrix.ts';
import type {
  CurvePoint,
  MeasurementTask,
  ModelInput,
  TrainingListener,
  TrainingTask,
  TrialOutcome,
} from '../ml/model.ts';
import type { SchNetMeasurement } from '../ml/schnet/measurement.ts';
import type * as records from './records.ts';

/** Comparison operators on one field; all that are given must hold. */
export interface FieldOperators {
  readonly equals?: string | number | boolean | Date;
  readonly notEquals?: string | number | boolean | Date;
  readonly in?: readonly (string | number)[];
  readonly lessThan?: number | Date;
  readonly atMost?: number | Date;
  readonly greaterThan?: number | Date;
  readonly atLeast?: number | Date;
  readonly contains?: string;
  readonly startsWith?: string;
  readonly isNull?: boolean;
}

/** A condition on a record: fields with operators, joined by and; nested by `and`, `or`, `not`. */
export interface Filter {
  readonly and?: readonly Filter[];
  readonly or?: readonly Filter[];
  readonly not?: Filter;
  readonly [field: string]: unknown;
}

export interface PageRequest {
  readonly first: number;
  /** Id after which the page starts. */
  readonly after: string | null;
  readonly filter: Filter | null;
  readonly newestFirst: boolean;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly hasNextPage: boolean;
  /** Counts all records that match; runs only when asked. */
  readonly totalCount: () => Promise<number>;
}

/** New values of a record: what the store fills in by itself may be left out. */
export type New<T> = Omit<T, 'id' | 'createdAt'>;

/** The records of one noun. */
export interface Collection<T extends { readonly id: string }> {
  /** Records in the order of `ids`; null where there is none. */
  getMany(ids: readonly string[]): Promise<(T | null)[]>;
  findOne(where: Partial<T>): Promise<T | null>;
  /** All records that match, by id. Only for sets that are bounded by nature. */
  findAll(where: Partial<T>): Promise<T[]>;
  /** All records whose `field` is among `values`, by id. */
  findIn<K extends keyof T & string>(field: K, values: readonly T[K][]): Promise<T[]>;
  page(request: PageRequest): Promise<Page<T>>;
  /** Ids of the records that match, in order; at most `limit`. */
  ids(filter: Filter | null, limit: number): Promise<string[]>;
  /** Ids of the records whose `field`, which is unique, is among `values`. */
  idsBy(field: keyof T & string, values: readonly string[]): Promise<Map<string, string>>;
  insert(value: New<T>): Promise<T>;
  /** Inserts all of them; answers the new ids by the value of `field`, which is unique. */
  insertMany(values: readonly New<T>[], field: keyof T & string): Promise<Map<string, string>>;
  /** Inserts unless a record with the same value of the unique fields exists; returns null then. */
  insertUnlessExists(value: New<T>, unique: readonly (keyof T & string)[]): Promise<T | null>;
  update(id: string, changes: Partial<T>): Promise<void>;
}

/** What a worker holds: the id of a job's subject, and the attempt number under which it took it. */
export interface Held {
  readonly id: string;
  readonly attempt: number;
}

export type RequestedJob = Pick<records.Job, 'kind' | 'subjectId' | 'priority' | 'requestId' | 'createdBy'>;

/**
 * Jobs, one a subject. State, attempt, worker, failure and times of trials, imports and cluster runs are copies of their job's;
 * attempts are written as the job changes.
 */
export interface JobCollection extends Collection<records.Job> {
  /** Makes the job of a subject, or opens the one it has once more. */
  request(job: RequestedJob): Promise<records.Job>;
  /** The job of a subject, which nobody else changes until the transaction ends. */
  lockOf(kind: records.JobKind, subjectId: string): Promise<records.Job | null>;
  /** Gives an open job, locked, to a worker: raises its attempt number, which is the fence. */
  take(id: string, worker: string, delivery: string | null): Promise<records.Job>;
  /** Writes to a job that is running under this attempt; false if it is not any more. */
  updateHeld(kind: records.JobKind, held: Held, changes: Partial<records.Job>): Promise<boolean>;
  /** Whether a job is running under this attempt; if so, it is until the transaction ends. */
  isHeld(kind: records.JobKind, held: Held): Promise<boolean>;
  /** How many jobs of a kind that somebody asked for are running. */
  running(kind: records.JobKind, createdBy: string): Promise<number>;
  /** The jobs of these subjects. */
  ofSubjects(kind: records.JobKind, subjectIds: readonly string[]): Promise<records.Job[]>;
  /** Running jobs of workers of these names. */
  heldBy(workers: readonly string[]): Promise<records.Job[]>;
  /** By job and number. */
  attemptsOf(jobIds: readonly string[]): Promise<records.JobAttempt[]>;
}

/** Workers by their names. */
export interface WorkerCollection {
  findOne(where: Partial<records.Worker>): Promise<records.Worker | null>;
  enter(worker: Pick<records.Worker, 'name' | 'host' | 'pid' | 'version'>): Promise<void>;
  /** Says that a worker lives, and whether it is to take nothing more; null if it is not known any more. */
  beat(name: string): Promise<{ readonly isDraining: boolean } | null>;
  leave(name: string): Promise<void>;
  drain(name: string, by: string): Promise<void>;
  isDraining(name: string): Promise<boolean>;
  /** All that lived within a day, in the order of their coming. */
  statuses(): Promise<records.WorkerStatus[]>;
  /** How many take jobs, on whatever machine. */
  alive(): Promise<number>;
}

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

export type PlacedClusterRunItem = records.ClusterRunItem & { readonly position: number };

/** What relaxation runs are to relax, and what became of the clusters of runs; both in order. */
export interface ClusterRunItems {
  /** Names all clusters that a run relaxes. */
  addSources(runId: string, clusterIds: readonly string[]): Promise<void>;
  /** At most `limit` of them from this position on. */
  sources(runId: string, from: number, limit: number): Promise<string[]>;
  /** Adds items from this position on. */
  add(runId: string, position: number, items: readonly records.ClusterRunItem[]): Promise<void>;
  /** Items after a position; of one status if it is named. */
  list(
    runId: string,
    page: { readonly after: number; readonly first: number; readonly status: records.ItemStatus | null },
  ): Promise<PlacedClusterRunItem[]>;
  /** Ids of the clusters that came out of a run, in order. */
  clusterIds(runId: string): Promise<string[]>;
}

/** A point of a trial's curve. Steps count from 1 in the order in which the points were made: epochs, or fits. */
export interface PlacedPoint {
  readonly trialId: string;
  readonly step: number;
  readonly point: CurvePoint;
}

/** The curves of trials: those of an outcome, and until there is one those that grow. */
export interface TrialCurves {
  /** Adds points to a curve that grows, in a transaction, in place of whatever an earlier attempt added from the first of their steps on. */
  add(trialId: string, points: readonly Omit<PlacedPoint, 'trialId'>[]): Promise<void>;
  /** Ends a curve that grew: the outcome has it. */
  remove(trialId: string): Promise<void>;
  /** Points behind these steps, by trial and step; at most `limit`. */
  behind(trials: readonly Omit<PlacedPoint, 'point'>[], limit: number): Promise<PlacedPoint[]>;
  /** How many points a curve has. */
  count(trialId: string): Promise<number>;
}

/** Hears of changes to records of one kind, training runs with their trials, or jobs, whichever process makes them. */
export interface Changes {
  /**
   * Calls `changed` after every change to the record that is made from now on, and now and then for nothing: also when changes
   * may have gone unheard. Ends with the function that it answers.
   */
  watch(id: string, changed: () => void): () => void;
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

/** What the queue brings to a worker. */
export type QueuedJob =
  | { readonly kind: 'trial'; readonly trialId: string }
  | { readonly kind: 'completion'; readonly trainingRunId: string }
  | { readonly kind: 'import'; readonly importId: string }
  | { readonly kind: 'cluster-run'; readonly clusterRunId: string }
  /** What failed, or whose workers died, too often: somebody has to say so in the records. */
  | { readonly kind: 'lost-trial'; readonly trialId: string }
  | { readonly kind: 'lost-completion'; readonly trainingRunId: string }
  | { readonly kind: 'lost-import'; readonly importId: string }
  | { readonly kind: 'lost-cluster-run'; readonly clusterRunId: string };

export interface Urgency {
  /** -100 to 100; the largest comes first. */
  readonly priority: number;
  /** Work that was begun and given back comes before what nobody has begun yet. */
  readonly isBegun: boolean;
  readonly afterSeconds: number;
}

/** Where workers get their jobs from. */
export interface JobQueue {
  /** Queues a job inside the store's transaction: both happen or neither. */
  enqueue(job: QueuedJob, urgency: Urgency, from: Pick<records.Job, 'createdBy' | 'requestId'>): Promise<void>;
  /** Whether a delivery is in hand, or will be brought again should its worker have died. */
  isOpen(kind: QueuedJob['kind'], delivery: string): Promise<boolean>;
}

/** Bytes in the store, named by the sha256 of their content (64 lower-case hexadecimal digits). */
export interface StoredBytes {
  readonly sha256: string;
  readonly byteLength: number;
}

/** Bytes from `start` up to, but without, `end`; the first byte of all is 0. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Content-addressed blobs: source files, checkpoints, weights. What was put never changes, so putting twice is putting once,
 * and whatever comes out has been compared with its name.
 */
export interface ArtifactStore {
  /** where the artifacts are, in words, for logs and messages; holds no secret */
  readonly description: string;
  /**
   * Stores the bytes, durably, and reads them back before it returns. Bytes of that content that were stored before and have
   * been damaged are replaced.
   *
   * @throws NatriumError UNAVAILABLE when the store cannot be reached or is full; CORRUPT_ARTIFACT when it returns other
   *   bytes than it was given
   */
  put(bytes: Uint8Array): Promise<StoredBytes>;
  /**
   * The bytes of that sha256.
   *
   * @throws NatriumError CORRUPT_ARTIFACT when they are missing or damaged (`reason` in the details says which);
   *   UNAVAILABLE when the store cannot be reached; BAD_USER_INPUT when `sha256` is none
   */
  get(sha256: string): Promise<Uint8Array>;
  /**
   * Stores the content of a local file as `put` does, in constant memory. The file is left alone; it must not change
   * meanwhile.
   *
   * @throws NatriumError as `put` does; errors of reading the file as they are
   */
  putFile(path: string): Promise<StoredBytes>;
  /**
   * The bytes of that sha256, or some of them, as a stream in constant memory. A whole read is compared with its name, and
   * the last bytes come only when it agrees; a range comes unverified, but never shorter than asked. Whatever goes wrong
   * later than this promise destroys the stream with the error.
   *
   * @param range first byte, and the one after the last; BAD_USER_INPUT unless whole numbers in this order
   * @throws NatriumError as `get` does; CORRUPT_ARTIFACT too when the stored bytes end before the range does
   */
  read(sha256: string, range?: ByteRange): Promise<Readable>;
  /** Whether bytes are stored under that name; they are not read. Throws as `get` does, save CORRUPT_ARTIFACT. */
  has(sha256: string): Promise<boolean>;
  /**
   * Proves that the store can be reached, written and read, and makes its folder or bucket where it is missing.
   *
   * @throws NatriumError UNAVAILABLE with one line that says what is wrong and what to do
   */
  check(): Promise<void>;
}

/** Files on their way in: whoever has the address of one may put its bytes there. */
export interface UploadStore {
  /** Address to which the bytes are PUT, good for so long; of this server if it is a path. */
  address(key: string, seconds: number): Promise<string>;
  /** How many bytes were put; null if none were. */
  byteLength(key: string): Promise<number | null>;
  /** Brings the bytes to a new file of this machine; throws INVALID_STATE if none were put. */
  fetch(key: string, path: string): Promise<void>;
  remove(key: string): Promise<void>;
}

/** A folder for files that one piece of work needs while it lasts. */
export interface WorkFolder {
  save(name: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** Path of a file to be. */
  pathOf(name: string): string;
  /** Removes one file of it, or all with the folder. */
  remove(name?: string): Promise<void>;
}

/** The files in a file: itself, or the members of an archive. Names never become paths, and what comes out is bounded. */
export type OpenEntries = (path: string, fileName: string) => AsyncGenerator<FileEntry>;

export type FileEntry =
  | { readonly name: string; readonly position: number; readonly bytes: AsyncIterable<Uint8Array> }
  | { readonly name: string; readonly position: number; readonly error: NatriumError };

/** A temporary file that many read while one writes it. */
export interface GrowingFile {
  readonly path: string;
  /** Throws UNAVAILABLE when there is no room. */
  append(bytes: Uint8Array): Promise<void>;
  /** Nothing more comes: readers end well when they have all. */
  finish(): void;
  /** Nothing more comes: readers are destroyed with the error. */
  fail(error: Error): void;
  /** The bytes from the first one on, as they come. Only before `remove`. */
  follow(): Readable;
  /** Takes the file away from its folder; those who read it go on to its end. */
  remove(): Promise<void>;
}

/** Files of this machine, for as long as one piece of work lasts. */
export interface TemporaryFiles {
  create(): Promise<GrowingFile>;
  workFolder(): Promise<WorkFolder>;
}

/** A structure to relax, and its name in messages. */
export interface RelaxationInput {
  readonly name: string;
  readonly structure: Structure;
}

/** Runs the numerical work away from the event loop of whoever asks. */
export interface Compute {
  /**
   * `signal` ends a training at once, with its reason. `pausing` lets it end after the step it is at: its listener gets a last
   * checkpoint, and it throws TrainingPaused.
   */
  train(
    task: TrainingTask,
    listener: TrainingListener,
    signal: AbortSignal,
    pausing?: AbortSignal,
  ): Promise<{ readonly weights: Uint8Array; readonly outcome: TrialOutcome }>;
  /** What steps of this training take on this machine, measured for about two seconds. */
  measure(task: MeasurementTask, signal: AbortSignal): Promise<SchNetMeasurement>;
  /** The clusters of a generation from one index up to, but without, another; an error for one that was not found. */
  generate(
    parameters: GenerationParameters,
    from: number,
    to: number,
    signal: AbortSignal,
  ): Promise<readonly (GeneratedCluster | NatriumError)[]>;
  /** Relaxes each structure; an error for one that cannot be relaxed at all. */
  relax(
    inputs: readonly RelaxationInput[],
    options: RelaxationOptions,
    signal: AbortSignal,
  ): Promise<readonly (Relaxation | NatriumError)[]>;
  /** Shieldings in ppm, one array a cluster, by weights as they are stored. */
  predict(weights: Uint8Array, inputs: readonly ModelInput[]): Promise<Float64Array[]>;
  /** Metrics of versions on the same atoms, with bootstrap intervals and paired differences. */
  compare(task: ComparisonTask): Promise<readonly MetricComparison[]>;
  /** How far the distributions of columns are from each other. */
  distances(columns: ComparedColumns): Promise<DistanceMatrix>;
}
