import { SPLITS } from '../../chemistry/calculation-record.ts';
import { PAPER_SMEARING_ANGSTROM } from '../../ml/features/feature-set.ts';
import { NEIGHBOUR_RADIUS_ANGSTROM, type StudyEvidence, type StudyModel } from '../../ml/study/finding.ts';
import { nameOfCell } from '../../ml/study/grid.ts';
import { atomFeatures } from '../datasets/atom-features.ts';
import type { Store } from '../ports.ts';
import type { DatasetVersion, Study, StudyPart } from '../records.ts';

const ORBITALS = ['3S', '3PX', '3PY', '3PZ', '4S', '4PX', '4PY', '4PZ'];

const COORDINATION = { radiiAngstrom: [NEIGHBOUR_RADIUS_ANGSTROM], smearingAngstrom: PAPER_SMEARING_ANGSTROM };

/** What the findings of a study are reckoned from: the atoms of its data set version, and the stored evaluations of its models. */
export async function studyEvidence(store: Store, study: Study): Promise<StudyEvidence> {
  const [version] = await store.datasetVersions.getMany([study.datasetVersionId]);
  return { atoms: await atomsOf(store, version!), ...(await modelsOf(store, study)) };
}

async function atomsOf(store: Store, version: DatasetVersion): Promise<StudyEvidence['atoms']> {
  const labels: string[] = [];
  for (const label of ORBITALS) {
    const lacking = await store.versionMembers.withoutPopulations(version.id, SPLITS, [label]);
    if (lacking === null) labels.push(label);
  }
  const { shieldingsPpm, sizes, features } = await atomFeatures(store, version, null, {
    runningCoordinationNumbers: COORDINATION,
    grossOrbitalPopulations: labels.length === 0 ? null : { labels },
  });
  const [coordinationNumbers, ...populations] = features;
  return {
    ...{ shieldingsPpm, sizes, coordinationNumbers },
    populations: new Map(labels.map((label, k) => [label, populations[k]])),
  };
}

async function modelsOf(store: Store, study: Study): Promise<Pick<StudyEvidence, 'testPpm' | 'models'>> {
  let testPpm: readonly number[] = [];
  const models: StudyModel[] = [];
  for (const part of study.parts) {
    const { kind, features, target, loss } = part;
    const cell = { kind, features, target, loss };
    const evaluation = await testEvaluation(store, study, part);
    if ('calculatedPpm' in evaluation) testPpm = evaluation.calculatedPpm;
    const found =
      'calculatedPpm' in evaluation
        ? { missing: null, predictedPpm: evaluation.predictedPpm }
        : { missing: evaluation.missing, predictedPpm: [] };
    models.push({ ...cell, name: nameOfCell(cell), ...found });
  }
  return { testPpm, models };
}

async function testEvaluation(store: Store, { datasetVersionId }: Study, { trainingRunId, leftOut }: StudyPart) {
  if (trainingRunId === null) return { missing: leftOut! };
  const version = await store.modelVersions.findOne({ trainingRunId });
  const evaluation =
    version &&
    (await store.evaluations.findOne({ modelVersionId: version.id, datasetVersionId, split: 'test' as const }));
  if (evaluation !== null) return evaluation;
  return {
    missing:
      version === null
        ? 'its training has made no version yet'
        : 'its version is not evaluated on the test split; evaluateModelVersion evaluates it, or says why it cannot be',
  };
}
