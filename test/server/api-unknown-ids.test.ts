import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type ApiServer,
  createDataset,
  createVersion,
  importSmallClusters,
  refusal,
  startApiServer,
} from '../support/api.ts';
import { runEnded, trainLasso } from '../support/training.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer({ workers: 1 });
  const { source } = await importSmallClusters(server);
  await createDataset(server, 'small');
  await createVersion(server, {
    dataset: 'small',
    filter: { sourceSha256: { equals: source } },
    split: { asGiven: true },
  });
  await server.request(`mutation { createFeatureSet(input: { name: "rcn", runningCoordinationNumbers: {} }) { id } }`);
  const run = await trainLasso(server, { model: 'm', datasetVersion: 'small/1', featureSet: 'rcn' });
  expect(await runEnded(server, run)).toMatchObject({ state: 'SUCCEEDED' });
});
afterAll(() => server?.dispose());

const id = (type: string) => JSON.stringify(Buffer.from(`${type}:999999`).toString('base64'));
const noRecord = (type: string) => new RegExp(`^there is no ${type} with the id "[^"]+"; list those there are$`);

/** Every argument and input field that names a record: how to ask with an unknown one, and what the answer says. */
const CASES: Readonly<Record<string, readonly (readonly [request: string, says: RegExp])[]>> = {
  'Query.atoms.datasetVersion': [
    ['{ atoms(datasetVersion: "x/1", first: 1) { totalCount } }', /no data set "x"; the query datasets lists them/],
    ['{ atoms(datasetVersion: "small/7", first: 1) { totalCount } }', /small has no version 7; its newest is 1/],
  ],
  'Query.calculationInputs.clusters': [
    [
      `{ calculationInputs(program: ORCA, first: 1, clusters: [${id('Cluster')}]) { totalCount } }`,
      noRecord('Cluster'),
    ],
  ],
  'Query.calculation.id': [[`{ calculation(id: ${id('Calculation')}) { id } }`, noRecord('Calculation')]],
  'Query.nearDuplicates.cluster': [
    [`{ nearDuplicates(cluster: ${id('Cluster')}, first: 1) { totalCount } }`, noRecord('Cluster')],
  ],
  'Query.cluster.id': [
    [`{ cluster(id: ${id('Cluster')}) { id } }`, noRecord('Cluster')],
    [`{ cluster(id: ${id('Calculation')}) { id } }`, /is the id of a Calculation, not of a Cluster/],
  ],
  'Query.clusterRun.id': [[`{ clusterRun(id: ${id('ClusterRun')}) { id } }`, noRecord('ClusterRun')]],
  'Query.compareModelVersions.baseline': [
    ['{ compareModelVersions(modelVersions: ["m/1"], baseline: "m/7", split: TEST) { split } }', /m has no version 7/],
  ],
  'Query.compareModelVersions.datasetVersion': [
    [
      '{ compareModelVersions(modelVersions: ["m/1"], datasetVersion: "small/7", split: TEST) { split } }',
      /no version 7/,
    ],
  ],
  'Query.compareModelVersions.modelVersions': [
    [
      '{ compareModelVersions(modelVersions: ["y/1"], datasetVersion: "small/1", split: TEST) { split } }',
      /no model "y"/,
    ],
    [
      '{ compareModelVersions(modelVersions: ["m/7"], datasetVersion: "small/1", split: TEST) { split } }',
      /m has no version 7; its newest is 1/,
    ],
  ],
  'Query.dataset.name': [['{ dataset(name: "x") { id } }', /no data set "x"; the query datasets lists them/]],
  'Query.datasetVersion.datasetVersion': [['{ datasetVersion(datasetVersion: "small/7") { id } }', /no version 7/]],
  'Query.evaluation.id': [[`{ evaluation(id: ${id('Evaluation')}) { id } }`, noRecord('Evaluation')]],
  'Query.featureSet.featureSet': [
    ['{ featureSet(featureSet: "x") { id } }', /no feature set "x"; the query featureSets lists them/],
    ['{ featureSet(featureSet: "rcn/7") { id } }', /no feature set "rcn\/7"/],
  ],
  'Query.import.id': [[`{ import(id: ${id('Import')}) { id } }`, noRecord('Import')]],
  'Query.job.id': [
    [`{ job(id: ${id('Job')}) { id } }`, noRecord('Job')],
    [`{ job(id: ${id('Trial')}) { id } }`, /is the id of a Trial, not of a Job/],
  ],
  'Query.model.name': [['{ model(name: "x") { id } }', /no model "x"; the query models lists them/]],
  'Query.modelVersion.modelVersion': [
    ['{ modelVersion(modelVersion: "m/7") { id } }', /m has no version 7/],
    ['{ modelVersion(modelVersion: "m@champion") { id } }', /m has no alias "champion"; it has none/],
  ],
  'Query.node.id': [[`{ node(id: ${id('Trial')}) { id } }`, noRecord('Trial')]],
  'Query.runningCoordinationNumbers.cluster': [
    [`{ runningCoordinationNumbers(cluster: ${id('Cluster')}) { values } }`, noRecord('Cluster')],
  ],
  'Query.shieldingDistribution.datasetVersion': [
    ['{ shieldingDistribution(datasetVersion: "x/1") { edgesPpm } }', /no data set "x"/],
  ],
  'Query.shieldingQuantiles.datasetVersion': [
    ['{ shieldingQuantiles(datasetVersion: "x/1") { probabilities } }', /no data set "x"/],
    ['{ shieldingQuantiles(datasetVersion: "small/7") { probabilities } }', /small has no version 7/],
  ],
  'Query.shieldingReference.id': [
    [`{ shieldingReference(id: ${id('ShieldingReference')}) { id } }`, noRecord('ShieldingReference')],
  ],
  'Query.spectrum.calculations': [
    [`{ spectrum(calculations: [${id('Calculation')}]) { label } }`, /^calculations\[0\] is the id of nothing/],
    [`{ spectrum(calculations: [${id('Cluster')}]) { label } }`, /is the id of a Cluster, not of a Calculation/],
  ],
  'Query.spectrum.clusters': [
    [`{ spectrum(clusters: [${id('Cluster')}]) { label } }`, /^clusters\[0\] is the id of nothing/],
  ],
  'Query.spectrum.datasetVersion': [
    ['{ spectrum(datasetVersion: "x/1") { label } }', /no data set "x"/],
    ['{ spectrum(datasetVersion: "small/7") { label } }', /small has no version 7/],
  ],
  'Query.spectrum.levelOfTheory': [
    [
      `{ spectrum(clusters: [${id('Cluster')}], levelOfTheory: ${id('LevelOfTheory')}) { label } }`,
      noRecord('LevelOfTheory'),
    ],
  ],
  'Query.spectrum.predictions': [
    [`{ spectrum(predictions: [${id('Prediction')}]) { label } }`, /^predictions\[0\] is the id of nothing/],
  ],
  'Query.spectrum.reference': [
    [
      `{ spectrum(datasetVersion: "small/1", scale: SHIFT, reference: ${id('ShieldingReference')}) { label } }`,
      noRecord('ShieldingReference'),
    ],
  ],
  'Query.study.id': [[`{ study(id: ${id('Study')}) { id } }`, noRecord('Study')]],
  'Query.trainingRun.id': [[`{ trainingRun(id: ${id('TrainingRun')}) { id } }`, noRecord('TrainingRun')]],
  'Query.upload.id': [[`{ upload(id: ${id('Upload')}) { id } }`, noRecord('Upload')]],
  'VerifyModelVersionInput.modelVersion': [
    ['mutation { verifyModelVersion(input: { modelVersion: "m/7" }) { id } }', /m has no version 7/],
  ],
  'ArchiveModelVersionInput.modelVersion': [
    ['mutation { archiveModelVersion(input: { modelVersion: "m/7", reason: "x" }) { id } }', /m has no version 7/],
  ],
  'ClusterRunInput.clusterRun': [
    [`mutation { cancelClusterRun(input: { clusterRun: ${id('ClusterRun')} }) { id } }`, noRecord('ClusterRun')],
    [`mutation { resumeClusterRun(input: { clusterRun: ${id('ClusterRun')} }) { id } }`, noRecord('ClusterRun')],
  ],
  'CreateDatasetVersionInput.calculations': [
    [
      `mutation { createDatasetVersion(input: { dataset: "small", calculations: [${id('Calculation')}], split: { asGiven: true } }) { id } }`,
      noRecord('Calculation'),
    ],
  ],
  'CreateDatasetVersionInput.dataset': [
    [
      'mutation { createDatasetVersion(input: { dataset: "x", filter: {}, split: { asGiven: true } }) { id } }',
      /no data set "x"/,
    ],
  ],
  'DeleteModelAliasInput.alias': [
    ['mutation { deleteModelAlias(input: { alias: "m@x" }) { id } }', /m has no alias "x"/],
    ['mutation { deleteModelAlias(input: { alias: "y@x" }) { id } }', /no model "y"/],
  ],
  'EvaluateModelVersionInput.datasetVersion': [
    [
      'mutation { evaluateModelVersion(input: { modelVersion: "m/1", datasetVersion: "small/7", split: TEST }) { id } }',
      /small has no version 7/,
    ],
  ],
  'EvaluateModelVersionInput.modelVersion': [
    [
      'mutation { evaluateModelVersion(input: { modelVersion: "m/7", datasetVersion: "small/1", split: TEST }) { id } }',
      /m has no version 7/,
    ],
  ],
  'ImportInput.import': [
    [`mutation { cancelImport(input: { import: ${id('Import')} }) { id } }`, noRecord('Import')],
    [`mutation { resumeImport(input: { import: ${id('Import')} }) { id } }`, noRecord('Import')],
  ],
  'InvalidateCalculationInput.calculation': [
    [
      `mutation { invalidateCalculation(input: { calculation: ${id('Calculation')}, reason: "x" }) { id } }`,
      noRecord('Calculation'),
    ],
  ],
  'RelaxClustersInput.clusterRun': [
    [`mutation { relaxClusters(input: { clusterRun: ${id('ClusterRun')} }) { id } }`, noRecord('ClusterRun')],
  ],
  'RelaxClustersInput.clusters': [
    [`mutation { relaxClusters(input: { clusters: [${id('Cluster')}] }) { id } }`, noRecord('Cluster')],
  ],
  'PredictShieldingsInput.clusters': [
    [
      `mutation { predictShieldings(input: { modelVersion: "m/7", clusters: [${id('Cluster')}] }) { predictions { label } } }`,
      noRecord('Cluster'),
    ],
  ],
  'PredictShieldingsInput.modelVersion': [
    ['mutation { predictShieldings(input: { modelVersion: "y@champion" }) { predictions { label } } }', /no model "y"/],
  ],
  'RevokeApiTokenInput.token': [
    [`mutation { revokeApiToken(input: { token: ${id('ApiToken')} }) { id } }`, noRecord('ApiToken')],
  ],
  'SetShieldingReferenceInput.levelOfTheory': [
    [
      `mutation { setShieldingReference(input: { levelOfTheory: ${id('LevelOfTheory')}, shieldingPpm: 1, compound: "x", source: "x" }) { id } }`,
      noRecord('LevelOfTheory'),
    ],
  ],
  'SetModelAliasInput.modelVersion': [
    ['mutation { setModelAlias(input: { modelVersion: "m/7", alias: "x" }) { id } }', /m has no version 7/],
  ],
  'StartImportInput.uploads': [
    [`mutation { startImport(input: { uploads: [${id('Upload')}] }) { id } }`, noRecord('Upload')],
  ],
  'ReproduceModelVersionInput.modelVersion': [
    ['mutation { reproduceModelVersion(input: { modelVersion: "m/7" }) { id } }', /m has no version 7/],
    ['mutation { reproduceModelVersion(input: { modelVersion: "m@champion" }) { id } }', /m has no alias "champion"/],
  ],
  'RunStudyInput.datasetVersion': [
    ['mutation { runStudy(input: { datasetVersion: "x/1" }) { id } }', /no data set "x"/],
    ['mutation { runStudy(input: { datasetVersion: "small/7" }) { id } }', /small has no version 7/],
  ],
  'StudyInput.study': [
    [`mutation { cancelStudy(input: { study: ${id('Study')} }) { id } }`, noRecord('Study')],
    [`mutation { resumeStudy(input: { study: ${id('Study')} }) { id } }`, noRecord('Study')],
  ],
  'TrainLassoInput.datasetVersion': [
    [
      'mutation { trainLasso(input: { model: "m", datasetVersion: "x/1", featureSet: "rcn" }) { id } }',
      /no data set "x"/,
    ],
  ],
  'TrainLassoInput.featureSet': [
    [
      'mutation { trainLasso(input: { model: "m", datasetVersion: "small/1", featureSet: "rcn/7" }) { id } }',
      /no feature set "rcn\/7"/,
    ],
  ],
  'TrainSchNetInput.datasetVersion': [
    ['mutation { trainSchNet(input: { model: "m", datasetVersion: "small/7" }) { id } }', /small has no version 7/],
  ],
  'TrainingEstimateInput.datasetVersion': [
    ['{ trainingEstimate(input: { model: "m", datasetVersion: "small/7" }) { seconds } }', /small has no version 7/],
  ],
  'TrainingRunInput.trainingRun': [
    [`mutation { cancelTrainingRun(input: { trainingRun: ${id('TrainingRun')} }) { id } }`, noRecord('TrainingRun')],
    [`mutation { resumeTrainingRun(input: { trainingRun: ${id('TrainingRun')} }) { id } }`, noRecord('TrainingRun')],
  ],
};

const REFERENCES = /^(alias|baseline|datasetVersion|modelVersions?|featureSet|dataset|name)$/;
/** Names that a request gives to something new. */
const NEW_NAMES = [
  'CreateApiTokenInput.name',
  'CreateDatasetInput.name',
  'CreateFeatureSetInput.name',
  'SetModelAliasInput.alias',
];

interface TypeReference {
  readonly name: string | null;
  readonly ofType?: TypeReference | null;
}
interface Argument {
  readonly name: string;
  readonly type: TypeReference;
}

function named(type: TypeReference): string {
  return type.ofType == null ? (type.name ?? '') : named(type.ofType);
}

test('every argument that names a record is tested here', async () => {
  const argument = 'name type { name ofType { name ofType { name ofType { name ofType { name } } } } }';
  const { schema } = await server.request<{
    schema: {
      types: { name: string; fields: { name: string; args: Argument[] }[] | null; inputFields: Argument[] | null }[];
    };
  }>(`{ schema: __schema { types { name fields { name args { ${argument} } } inputFields { ${argument} } } } }`);
  const names = (place: string, { name, type }: Argument) =>
    named(type) === 'ID' || (named(type) === 'String' && REFERENCES.test(name)) ? [`${place}.${name}`] : [];
  const found = schema.types.flatMap(({ name: type, fields, inputFields }) => [
    ...(type === 'Query' ? fields! : []).flatMap((field) =>
      field.args.flatMap((arg) => names(`Query.${field.name}`, arg)),
    ),
    ...(type.endsWith('Input') ? (inputFields ?? []) : []).flatMap((field) => names(type, field)),
  ]);
  expect(found.filter((each) => !NEW_NAMES.includes(each)).sort()).toEqual(Object.keys(CASES).sort());
});

test.each(
  Object.entries(CASES).flatMap(([place, cases]) => cases.map(([request, says]) => ({ place, request, says }))),
)('an unknown $place is not found, and nothing is written: $request', async ({ request, says }) => {
  const error = await refusal(server, request);
  expect(error.code).toBe('NOT_FOUND');
  expect(error.message).toMatch(says);
});
