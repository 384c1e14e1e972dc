import { importFiles } from './bulk.ts';
import { finishedClusterRun, startGeneration, startRelaxation } from './cluster-runs.ts';
import { download } from './exports.ts';
import { type TestServer, until } from './server.ts';
import { importSyntheticDataset, SMALL_SPLIT, syntheticClusters } from './synthetic-clusters.ts';
import { createSyntheticFeatureSets } from './synthetic-models.ts';
import { ENDLESS_SCHNET, runEnded, SMALL_SCHNET, trainLasso, trainSchNet } from './training.ts';

/** Has a server store some of everything, and leaves one training under way that has a checkpoint. */
export async function storeSomeOfEverything(server: TestServer): Promise<void> {
  const datasetVersion = await importSyntheticDataset(server, 'main', {
    ...{ clusters: SMALL_SPLIT, seed: 1, populations: true },
  });
  await importFiles(server, {
    'more.extxyz': `${syntheticClusters({ clusters: SMALL_SPLIT.slice(0, 3), seed: 2 })}not a frame\n`,
  });
  await createSyntheticFeatureSets(server);
  const generated = await startGeneration(server, { sizes: [6], clustersPerSize: 3, seed: 1 });
  await finishedClusterRun(server, generated.id);
  await finishedClusterRun(server, (await startRelaxation(server, { clusterRun: generated.id })).id);

  const lasso = { datasetVersion, featureSet: 'cn', alphas: [0.3, 0.01] };
  const runs = [
    await trainLasso(server, { ...lasso, model: 'cn', priority: 3 }),
    await trainLasso(server, { ...lasso, model: 'cn', target: 'TRANSFORMED', selection: 'CROSS_VALIDATION', folds: 3 }),
    await trainLasso(server, { ...lasso, model: 'gop', featureSet: 'gop' }),
    await trainSchNet(server, { ...SMALL_SCHNET, model: 'schnet', datasetVersion, seeds: [1, 2] }),
    await trainSchNet(server, { ...SMALL_SCHNET, model: 'committee', datasetVersion, seeds: [1, 2], committee: true }),
    await trainSchNet(server, {
      ...SMALL_SCHNET,
      model: 'loud',
      datasetVersion,
      loss: 'DISTRIBUTION',
      learningRate: 0.9,
    }),
  ];
  for (const id of runs) await runEnded(server, id);
  // its networks are as wide as the paper's: too large for a file that is kept
  const { study } = await server.request<{ study: { id: string } }>(
    `mutation ($datasetVersion: String!) {
      study: runStudy(input: { datasetVersion: $datasetVersion, alphas: [0.1] }) { id }
    }`,
    { datasetVersion },
  );
  await server.request(`mutation ($id: ID!) { cancelStudy(input: { study: $id }) { id } }`, { id: study.id });
  const { clusters } = await server.request<{ clusters: { nodes: { id: string }[] } }>(
    '{ clusters(first: 3) { nodes { id } } }',
  );
  await server.request(
    `mutation ($clusters: [ID!]!) {
      cn: predictShieldings(input: { modelVersion: "cn/1", clusters: $clusters }) { predictions { shieldingsPpm } }
      schnet: predictShieldings(input: { modelVersion: "schnet/1", clusters: $clusters }) { predictions { shieldingsPpm } }
      evaluateModelVersion(input: { modelVersion: "cn/1", datasetVersion: "main/1", split: TRAIN }) { id }
      setModelAlias(input: { alias: "champion", modelVersion: "cn/2" }) { id }
      archiveModelVersion(input: { modelVersion: "gop/1", reason: "to see it archived" }) { id }
      reproduceModelVersion(input: { modelVersion: "schnet/1" }) { id }
    }`,
    { clusters: clusters.nodes.map(({ id }) => id) },
  );
  const { status } = await download(`${server.url}/exports/main/1.csv`);
  if (status !== 200) throw new Error(`the export was answered by ${status}`);
  await allRunsEnded(server);
  await trainSchNet(server, {
    ...ENDLESS_SCHNET,
    model: 'interrupted',
    datasetVersion,
    interactions: 6,
    gaussians: 50,
    batchSize: 1,
  });
  await until(async () => server.output().includes('checkpoint kept'), 'the first checkpoint');
}

async function allRunsEnded(server: TestServer): Promise<void> {
  await until(async () => {
    const { trainingRuns } = await server.request<{ trainingRuns: { totalCount: number } }>(
      '{ trainingRuns(first: 1, filter: { state: { in: [QUEUED, RUNNING] } }) { totalCount } }',
    );
    return trainingRuns.totalCount === 0;
  }, 'the end of all training runs');
}

const QUERIES = {
  models: `{ models(first: 100) { nodes {
    name
    aliases { alias modelVersion { reference } }
    versions {
      reference kind target weightsSha256 archiveReason
      members { seed weightsSha256 }
      outcome { selectionLoss validationRmsePpm trainRmsePpm bestEpoch alpha nonZero curve { x trainLoss validationLoss } }
      evaluations { split metrics { count rmsePpm maePpm biasPpm r2 } calculatedPpm predictedPpm }
    }
  } } }`,
  data: `{
    datasetVersion(datasetVersion: "main/1") { sha256 splitCounts { split clusters atoms } exports { format sha256 } }
    clusters(first: 200) { nodes { id label formula identitySha256 fingerprint } }
    calculations(first: 200) { nodes { label shieldingsPpm contentSha256 } }
    featureSets(first: 50) { nodes { reference sha256 } }
  }`,
  work: `{
    imports(first: 50) { nodes { state inserted existing rejected } }
    clusterRuns(first: 50) { nodes { kind state inserted existing rejected } }
    studies(first: 50) { nodes { parts { name leftOut modelVersion { reference } } } }
  }`,
};

/** What the API says of all that, but for what is under way. */
export async function answersOf(server: TestServer): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const [name, query] of Object.entries(QUERIES)) answers[name] = await server.request(query);
  return answers;
}
