import { SPLITS } from '../chemistry/calculation-record.ts';
import { featureMatrix } from '../ml/features/feature-matrix.ts';
import { PAPER_SMEARING_ANGSTROM } from '../ml/features/feature-set.ts';
import { NEIGHBOUR_RADIUS_ANGSTROM, type StudyEvidence, type StudyModel } from '../ml/study/finding.ts';
import { nameOfCell } from '../ml/study/grid.ts';
import { unlabelledInput } from './datasets.ts';
import type { Store } from './ports.ts';
import type { DatasetVersion, Study, StudyPart } from './records.ts';

/** Calculations in memory at once, with all that is known of them. */
const CALCULATIONS_PER_READ = 500;

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
  const atoms = version.splitCounts.reduce((sum, count) => sum + count.atoms, 0);
  const shieldingsPpm = new Float64Array(atoms);
  const sizes = new Int32Array(atoms);
  const coordinationNumbers = new Float64Array(atoms);
  const populations = new Map(labels.map((label) => [label, new Float64Array(atoms)]));
  const definition = {
    runningCoordinationNumbers: COORDINATION,
    grossOrbitalPopulations: labels.length === 0 ? null : { labels },
  };
  let atom = 0;
  for (let position = -1; ; ) {
    const members = await store.versionMembers.behind(version.id, position, CALCULATIONS_PER_READ);
    if (members.length === 0) return { shieldingsPpm, sizes, coordinationNumbers, populations };
    const calculations = await store.calculations.getMany(members.map((member) => member.calculationId));
    const clusters = await store.clusters.getMany(members.map((member) => member.clusterId));
    const inputs = clusters.map((cluster, i) => unlabelledInput(cluster!, calculations[i]));
    const { data, columns } = featureMatrix(definition, inputs);
    const shieldings = calculations.flatMap((calculation) =>
      calculation!.shieldingsPpm.map((shieldingPpm) => [shieldingPpm, calculation!.shieldingsPpm.length]),
    );
    for (const [row, [shieldingPpm, size]] of shieldings.entries()) {
      shieldingsPpm[atom] = shieldingPpm;
      sizes[atom] = size;
      coordinationNumbers[atom] = data[row * columns];
      for (const [k, label] of labels.entries()) populations.get(label)![atom] = data[row * columns + 1 + k];
      atom += 1;
    }
    position = members.at(-1)!.position;
  }
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
  return evaluation ?? { missing: 'its training has not ended with an evaluation of the test split' };
}
