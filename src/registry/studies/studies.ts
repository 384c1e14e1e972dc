import { NatriumError } from '../../errors.ts';
import { checkAlphas } from '../../ml/lasso/lasso.ts';
import { checkSchNetSettings } from '../../ml/schnet/model.ts';
import type { Finding } from '../../ml/study/finding.ts';
import { studyFindings } from '../../ml/study/findings.ts';
import { STUDY_GRID, type StudyCell, type StudyFeatures } from '../../ml/study/grid.ts';
import { whyUnfittable } from '../../ml/target-transform.ts';
import { type Caller, requireRole } from '../caller.ts';
import { canonicalJson, sha256Hex } from '../canonical-json.ts';
import { findOrCreateFeatureSet } from '../datasets/feature-sets.ts';
import type { MutationRequest, Mutations } from '../mutations.ts';
import { OneAtATime } from '../one-at-a-time.ts';
import type { Store } from '../ports.ts';
import type { DatasetVersion, FeatureSet, Study, StudyPart, StudySettings, TrainingRun } from '../records.ts';
import { References } from '../references.ts';
import { checkPriority } from '../training/queued-runs.ts';
import { progressOfRuns, type RunsProgress, stateOfRuns } from '../training/run-progress.ts';
import { cancelRun, checkSeeds, queueTraining, resumeRun, trainableVersion } from '../training/training.ts';
import { isOpen, lockRun } from '../work/run-state.ts';
import { studyEvidence } from './study-evidence.ts';
import {
  definitionOf,
  FEATURE_SET_NAMES,
  nameOfPart,
  settingsOfCell,
  type UsablePopulations,
  usablePopulations,
} from './study-parts.ts';

/** How many members are looked at in one read. */
const MEMBERS_PER_READ = 10_000;

export interface RunStudyInput extends StudySettings {
  /** Written `name/1`. */
  readonly datasetVersion: string;
  readonly priority?: number;
}

/** The paper's grid of trainings on one data set version, as one batch of jobs. */
export class Studies {
  private readonly work = new OneAtATime();

  constructor(
    private readonly store: Store,
    private readonly mutations: Mutations,
  ) {}

  /**
   * Queues all trainings of the grid that the data allow, with the feature sets they need; parts that need populations the data
   * lack, or a transform that the training shieldings do not allow, are left out and say so. The same study of the same version is
   * answered as it is.
   *
   * @throws NatriumError EMPTY_SPLIT unless all three splits have clusters; BAD_USER_INPUT where the training shieldings are all
   *   equal; INVALID_HYPERPARAMETER
   */
  run(caller: Caller, request: MutationRequest, input: RunStudyInput): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    const { datasetVersion, priority, ...settings } = input;
    checkPriority(priority);
    checkSettings(settings);
    return this.mutations.run(caller, request, async (store) => {
      const version = await studiedVersion(new References(store), datasetVersion);
      const settingsSha256 = sha256Hex(canonicalJson(settings));
      await store.lock(`study:${version.id}`);
      const existing = await store.studies.findOne({ datasetVersionId: version.id, settingsSha256 });
      if (existing !== null) return existing.id;
      const study = await store.studies.insert({
        datasetVersionId: version.id,
        settings,
        settingsSha256,
        parts: await queueParts(store, caller, version, { settings, priority }),
        createdBy: caller.name,
      });
      return study.id;
    });
  }

  /** Cancels the trainings that still run; those that have their versions keep them. */
  cancel(caller: Caller, request: MutationRequest, studyId: string): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    return this.mutations.run(caller, request, async (store) => {
      const { study, runs } = await lockedRuns(store, studyId);
      const state = stateOfRuns(runs);
      if (state === 'CANCELLED') return study.id;
      let cancelled = 0;
      for (const run of runs.filter(isOpen)) {
        if (await cancelRun(store, caller, run)) cancelled += 1;
      }
      if (cancelled === 0) {
        const reason = isOpen({ state })
          ? 'all its trainings have their model versions'
          : `it has ${state.toLowerCase()}`;
        throw new NatriumError('INVALID_STATE', `the study cannot be cancelled: ${reason} already`);
      }
      return study.id;
    });
  }

  /** Lets the trainings that failed or were cancelled go on from where they were. */
  resume(caller: Caller, request: MutationRequest, studyId: string): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    return this.mutations.run(caller, request, async (store) => {
      const { study, runs } = await lockedRuns(store, studyId);
      const stopped = runs.filter((run) => run.state === 'FAILED' || run.state === 'CANCELLED');
      if (stopped.length === 0) {
        throw new NatriumError(
          'INVALID_STATE',
          'no training of the study has failed or was cancelled; there is nothing to resume',
        );
      }
      for (const run of stopped) await resumeRun(store, caller, run);
      return study.id;
    });
  }

  /** What the paper found, checked on the data of a study, as far as its trainings are. */
  async findings(study: Study): Promise<Finding[]> {
    return this.work.inSteps(studyFindings(await studyEvidence(this.store, study)));
  }

  /** Id of the first of the largest clusters of the test split. */
  async largestTestCluster({ datasetVersionId }: Study): Promise<string> {
    let largest = { size: 0, clusterId: '' };
    for (let position = -1; ; ) {
      const members = await this.store.versionMembers.behind(datasetVersionId, position, MEMBERS_PER_READ);
      if (members.length === 0) return largest.clusterId;
      for (const member of members) {
        if (member.split === 'test' && member.size > largest.size) largest = member;
      }
      position = members.at(-1)!.position;
    }
  }
}

/** How far each of these studies is, by their training runs as they were read before. */
export async function progressOfStudies(
  store: Store,
  studies: readonly Study[],
  runs: readonly TrainingRun[],
): Promise<RunsProgress[]> {
  const paces = await store.trialPaces(runs.map(({ id }) => id));
  return studies.map((study) => {
    const own = new Set(runIdsOf(study));
    return progressOfRuns(
      runs.filter(({ id }) => own.has(id)),
      paces.filter(({ trainingRunId }) => own.has(trainingRunId)),
    );
  });
}

function checkSettings(settings: StudySettings): void {
  checkAlphas(settings.alphas);
  checkSeeds(settings.seeds);
  for (const cell of STUDY_GRID) {
    const each = settingsOfCell(cell, settings);
    if (each.kind === 'SCHNET') checkSchNetSettings(each);
  }
}

async function studiedVersion(references: References, reference: string): Promise<DatasetVersion> {
  const version = await trainableVersion(references, reference);
  if (version.splitCounts.some(({ split, clusters }) => split === 'test' && clusters > 0)) return version;
  throw new NatriumError(
    'EMPTY_SPLIT',
    `data set version ${reference} has no cluster in test; a study needs train, validation and test`,
  );
}

async function queueParts(
  store: Store,
  caller: Caller,
  version: DatasetVersion,
  { settings, priority }: { readonly settings: StudySettings; readonly priority: number | undefined },
): Promise<StudyPart[]> {
  const [dataset] = await store.datasets.getMany([version.datasetId]);
  const populations = await usablePopulations(store, version);
  const untransformable = whyUntransformable((await store.versionMembers.shieldings(version.id, 'train')).flat());
  const parts: StudyPart[] = [];
  for (const cell of STUDY_GRID) {
    const name = nameOfPart(dataset!.name, version.version, cell);
    const leftOut = whyLeftOut(cell, populations, untransformable);
    parts.push({
      ...cell,
      name,
      leftOut,
      trainingRunId:
        leftOut === null
          ? await queueTraining(store, caller, {
              ...{ model: name, datasetVersionId: version.id, target: cell.target },
              featureSet: await featureSetOf(store, caller, cell.features, populations),
              settings: settingsOfCell(cell, settings),
              priority,
            })
          : null,
    });
  }
  return parts;
}

function whyLeftOut(
  { features, target }: StudyCell,
  populations: UsablePopulations,
  untransformable: string | null,
): string | null {
  if (features !== null && features !== 'CN' && !('labels' in populations)) return populations.lacking;
  return target === 'TRANSFORMED' ? untransformable : null;
}

/** Why no distribution can be fitted to training shieldings; null if one can. Throws BAD_USER_INPUT where nothing can be learnt. */
function whyUntransformable(shieldingsPpm: readonly number[]): string | null {
  const nothing = whyUnfittable(shieldingsPpm, 2);
  if (nothing !== null) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `the training shieldings have nothing to learn from: ${nothing}; take other data`,
    );
  }
  const reason = whyUnfittable(shieldingsPpm);
  return reason && `no distribution can be fitted to the training shieldings: ${reason}`;
}

async function featureSetOf(
  store: Store,
  caller: Caller,
  features: StudyFeatures | null,
  populations: UsablePopulations,
): Promise<FeatureSet | null> {
  if (features === null) return null;
  const labels = 'labels' in populations ? populations.labels : [];
  return findOrCreateFeatureSet(store, caller, FEATURE_SET_NAMES[features], definitionOf(features, labels));
}

export function runIdsOf({ parts }: Study): string[] {
  return parts.flatMap(({ trainingRunId }) => trainingRunId ?? []);
}

/** A study and its runs, of which nobody else changes the state until the transaction ends. */
async function lockedRuns(store: Store, studyId: string): Promise<{ study: Study; runs: TrainingRun[] }> {
  const [study] = await store.studies.getMany([studyId]);
  if (!study) throw new NatriumError('NOT_FOUND', `there is no study ${studyId}; studies lists them`);
  const ids = runIdsOf(study);
  for (const id of ids) await lockRun(store, id);
  return { study, runs: await store.trainingRuns.findIn('id', ids) };
}
