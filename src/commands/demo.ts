import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../config.ts';
import { NatriumError } from '../errors.ts';
import { follow } from './follow.ts';
import { GraphqlClient } from './graphql-client.ts';
import type { Print } from './print.ts';
import { readServerAddress } from './server-address.ts';

const EXAMPLE = new URL('../../examples/na-dft/na-dft.extxyz', import.meta.url);
const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const DATASET_VERSION = 'na-dft/1';
const POLL_MS = 1000;

/** SchNet at the paper's widths (its defaults); the example has 45 training clusters, so a batch of 100 holds them all. */
const SCHNET = { epochs: 120, seeds: [1, 2, 3, 4] };

interface Plan {
  readonly model: string;
  readonly mutation: 'trainLasso' | 'trainSchNet';
  readonly input: object;
}

const PLANS: readonly Plan[] = [
  ...['cn', 'gop', 'cn-gop'].flatMap((featureSet) =>
    ['DIRECT', 'TRANSFORMED'].map(
      (target): Plan => ({
        model: `demo-lasso-${featureSet}-${target.toLowerCase()}`,
        mutation: 'trainLasso',
        input: { featureSet, target },
      }),
    ),
  ),
  { model: 'demo-schnet-mse', mutation: 'trainSchNet', input: SCHNET },
  { model: 'demo-schnet-distribution', mutation: 'trainSchNet', input: { ...SCHNET, loss: 'DISTRIBUTION' } },
];

interface Metrics {
  readonly rmsePpm: number;
  readonly maePpm: number;
  readonly trainingMeanRmsePpm: number;
  readonly trainingMeanMaePpm: number;
}

interface Version {
  readonly reference: string;
  readonly kind: string;
  readonly target: string;
  readonly featureSet: { readonly reference: string; readonly needsDft: boolean } | null;
  readonly hyperparameters: Readonly<Record<string, unknown>>;
  readonly evaluations: readonly { readonly split: string; readonly metrics: Metrics }[];
}

/**
 * `natrium demo`: the whole chain over HTTP, as a lab tool would drive it, on the server that uses the data folder or, if
 * none runs, on one started for it. Fails unless Lasso on populations and SchNet beat the training mean on validation.
 */
export async function demo(print: Print): Promise<void> {
  const config = readConfig(process.env);
  const running = await readServerAddress(config.dataFolder);
  if (running !== null) {
    print(`using the server at ${running}`);
    await runChain(running, print);
    return;
  }
  const { child, url } = await startServer(print);
  try {
    await runChain(url, print);
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }
}

async function startServer(print: Print): Promise<{ child: ChildProcess; url: string }> {
  print('no server runs on this data folder; starting one for the demo');
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    env: { ...process.env, NATRIUM_PORT: '0', NATRIUM_LOG: 'text' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout! })) {
    const match = /^API\s+(http:\S+)\/graphql$/.exec(line);
    if (match !== null) {
      child.stdout!.resume();
      return { child, url: match[1] };
    }
  }
  throw new NatriumError('UNAVAILABLE', 'the server did not start; see above');
}

async function runChain(url: string, print: Print): Promise<void> {
  const started = Date.now();
  const client = new GraphqlClient(`${url}/graphql`);
  const trainingClusters = await importExample(client, print);
  await createFeatureSets(client);
  print('feature sets cn/1, gop/1 and cn-gop/1 are there');

  const runs = await Promise.all(PLANS.map((plan) => train(client, plan)));
  print(`${runs.length} training runs are queued`);
  const versions = await waitForRuns(client, runs, print);

  const champion = best(versions, 'VALIDATION');
  await client.request(
    `mutation ($version: String!) { setModelAlias(input: { modelVersion: $version, alias: "champion" }) { name } }`,
    { version: champion.reference },
  );
  const alias = `${champion.reference.split('/')[0]}@champion`;
  print(`best on validation: ${champion.reference}, now ${alias}`);
  const structural = best(
    versions.filter((version) => version.featureSet?.needsDft !== true),
    'VALIDATION',
  );
  await predict(client, structural.reference, print);
  const comparison = await compare(client, versions, print);
  print('');
  printTable(versions, print);
  print('');
  print(`histogram bins in common: ${comparison} (10 ppm each)`);
  print(`done in ${((Date.now() - started) / 1000).toFixed(0)} s`);
  print(`look next: npm start, then its playground; ask compareModelVersions for these versions,`);
  print(`           or examples/playground for the queries behind each step`);
  checkOutcome(versions, trainingClusters);
}

/** Answers how many clusters there are to train on. */
async function importExample(client: GraphqlClient, print: Print): Promise<number> {
  const { importCalculations: report } = await client.request<{
    importCalculations: {
      inserted: number;
      existing: number;
      rejected: number;
      items: readonly { readonly calculation: { readonly id: string } | null }[];
    };
  }>(
    `mutation ($content: String!) {
      importCalculations(input: { fileName: "na-dft.extxyz", content: $content }) {
        inserted existing rejected items { calculation { id } }
      }
    }`,
    { content: readFileSync(EXAMPLE, 'utf8') },
  );
  print(`imported: ${report.inserted} new, ${report.existing} known, ${report.rejected} rejected`);
  const { datasets } = await client.request<{ datasets: { totalCount: number } }>(
    `{ datasets(first: 1, filter: { name: { equals: "na-dft" } }) { totalCount } }`,
  );
  if (datasets.totalCount === 0) {
    await client.request(`mutation { createDataset(input: {
      name: "na-dft", title: "23Na shieldings of small sodium clusters", licence: "CC0-1.0",
      description: "DFT shieldings by PySCF at UB3LYP/6-31G(d); see examples/na-dft/README.md." }) { name } }`);
  }
  const { createDatasetVersion: version } = await client.request<{
    createDatasetVersion: { reference: string; splitCounts: { split: string; clusters: number; atoms: number }[] };
  }>(
    `mutation ($calculations: [ID!]!) {
      createDatasetVersion(input: { dataset: "na-dft", calculations: $calculations, split: { asGiven: true } }) {
        reference splitCounts { split clusters atoms }
      }
    }`,
    { calculations: report.items.flatMap(({ calculation }) => (calculation === null ? [] : [calculation.id])) },
  );
  const counts = version.splitCounts.map(
    (each) => `${each.split.toLowerCase()} ${each.clusters} clusters (${each.atoms} atoms)`,
  );
  print(`data set version ${version.reference}: ${counts.join(', ')}`);
  return version.splitCounts.find((each) => each.split === 'TRAIN')!.clusters;
}

async function createFeatureSets(client: GraphqlClient): Promise<void> {
  await client.request(`mutation {
    cn: createFeatureSet(input: { name: "cn", runningCoordinationNumbers: {} }) { reference }
    gop: createFeatureSet(input: { name: "gop", grossOrbitalPopulations: {} }) { reference }
    both: createFeatureSet(input: { name: "cn-gop", runningCoordinationNumbers: {}, grossOrbitalPopulations: {} }) { reference }
  }`);
}

async function train(client: GraphqlClient, { model, mutation, input }: Plan): Promise<string> {
  const type = mutation === 'trainLasso' ? 'TrainLassoInput' : 'TrainSchNetInput';
  const answer = await client.request<{ run: { id: string } }>(
    `mutation ($input: ${type}!) { run: ${mutation}(input: $input) { id } }`,
    { input: { model, datasetVersion: DATASET_VERSION, ...input } },
  );
  return answer.run.id;
}

interface Run {
  readonly state: string;
  readonly failure: string | null;
  readonly model: { readonly name: string };
  readonly trials: readonly { readonly state: string; readonly progress: { step: number; steps: number } | null }[];
  readonly modelVersion: Version | null;
}

/** Follows the runs until all have ended, saying what is new. */
async function waitForRuns(client: GraphqlClient, ids: readonly string[], print: Print): Promise<Version[]> {
  const told = new Map<string, string>();
  const failedOf = (runs: readonly Run[]) => runs.find(({ state }) => state === 'FAILED' || state === 'CANCELLED');
  const ended = await follow(
    () => Promise.all(ids.map((id) => readRun(client, id))),
    (runs) => failedOf(runs) !== undefined || runs.every((run) => run.state === 'SUCCEEDED'),
    (runs) => {
      for (const run of runs) {
        const line = `${run.model.name}: ${progressOf(run)}`;
        if (told.get(run.model.name) !== line) print(line);
        told.set(run.model.name, line);
      }
    },
    POLL_MS,
  );
  const failed = failedOf(ended);
  if (failed) throw new NatriumError('INVALID_STATE', `training of ${failed.model.name} ended: ${failed.failure}`);
  return ended.map((run) => run.modelVersion!);
}

function progressOf(run: Run): string {
  if (run.state !== 'RUNNING' || run.trials.length === 1) return run.state.toLowerCase();
  const trials = run.trials.map(({ state, progress }) => {
    if (state !== 'RUNNING') return state.toLowerCase();
    // tenths are enough for a log
    return progress === null ? 'starting' : `${Math.floor((10 * progress.step) / progress.steps) * 10} %`;
  });
  return `running (trials: ${trials.join(', ')})`;
}

async function readRun(client: GraphqlClient, id: string): Promise<Run> {
  const { trainingRun } = await client.request<{ trainingRun: Run }>(
    `query ($id: ID!) { trainingRun(id: $id) {
      state failure model { name } trials { state progress { step steps } }
      modelVersion {
        reference kind target featureSet { reference needsDft }
        hyperparameters { ... on SchNetSettings { atomBasis filters gaussians interactions batchSize seeds loss } }
        evaluations { split metrics { rmsePpm maePpm trainingMeanRmsePpm trainingMeanMaePpm } }
      }
    } }`,
    { id },
  );
  return trainingRun;
}

async function predict(client: GraphqlClient, modelVersion: string, print: Print): Promise<void> {
  const { clusters } = await client.request<{ clusters: { nodes: { id: string }[] } }>(
    `{ clusters(first: 1, filter: { size: { equals: 8 } }) { nodes { id } } }`,
  );
  const triangle = {
    label: 'Na3, inline',
    elements: ['Na', 'Na', 'Na'],
    positionsAngstrom: [
      [0, 0, 0],
      [3.5, 0, 0],
      [1.75, 3.03, 0],
    ],
    charge: 1,
  };
  const { predictShieldings } = await client.request<{
    predictShieldings: { predictions: { label: string; shieldingsPpm: number[] }[] };
  }>(
    `mutation ($input: PredictShieldingsInput!) { predictShieldings(input: $input) { predictions { label shieldingsPpm } } }`,
    { input: { modelVersion, clusters: [clusters.nodes[0].id], structures: [triangle] } },
  );
  for (const { label, shieldingsPpm } of predictShieldings.predictions) {
    print(`${modelVersion} predicts ${label}: ${shieldingsPpm.map((each) => each.toFixed(1)).join(' ')} ppm`);
  }
}

async function compare(client: GraphqlClient, versions: readonly Version[], print: Print): Promise<number> {
  const { compareModelVersions } = await client.request<{
    compareModelVersions: { evaluations: unknown[]; histogram: { edgesPpm: number[] } };
  }>(
    `query ($versions: [String!]!) {
      compareModelVersions(modelVersions: $versions, datasetVersion: "${DATASET_VERSION}", split: TEST) {
        evaluations { metrics { rmsePpm } metricsBySize { size metrics { rmsePpm } } }
        histogram { edgesPpm series { name counts } }
      }
    }`,
    { versions: versions.map((version) => version.reference) },
  );
  print(`compared ${compareModelVersions.evaluations.length} versions on the same test atoms`);
  return compareModelVersions.histogram.edgesPpm.length - 1;
}

function printTable(versions: readonly Version[], print: Print): void {
  const header = ['version', 'kind', 'features', 'target', 'loss', 'val RMSE', 'val MAE', 'test RMSE', 'test MAE'];
  const rows = versions.map((version) => [
    version.reference,
    version.kind,
    version.featureSet?.reference ?? 'structure',
    version.target,
    String(version.hyperparameters.loss ?? '-'),
    ...['VALIDATION', 'TEST'].flatMap((split) => {
      const metrics = metricsOf(version, split);
      return [metrics.rmsePpm.toFixed(2), metrics.maePpm.toFixed(2)];
    }),
  ]);
  const mean = ['VALIDATION', 'TEST'].flatMap((split) => {
    const metrics = metricsOf(versions[0], split);
    return [metrics.trainingMeanRmsePpm.toFixed(2), metrics.trainingMeanMaePpm.toFixed(2)];
  });
  const table = [header, ...rows, ['training mean', '', '', '', '', ...mean]];
  const widths = header.map((_, column) => Math.max(...table.map((row) => row[column].length)));
  print('errors in ppm');
  for (const row of table) {
    print(
      row
        .map((cell, i) => (i < 5 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join('  ')
        .trimEnd(),
    );
  }
}

function metricsOf(version: Version, split: string): Metrics {
  return version.evaluations.find((evaluation) => evaluation.split === split)!.metrics;
}

function best(versions: readonly Version[], split: string): Version {
  return versions.reduce((a, b) => (metricsOf(b, split).rmsePpm < metricsOf(a, split).rmsePpm ? b : a));
}

/** The demo is also a check: what it shows must have been worth showing. */
function checkOutcome(versions: readonly Version[], trainingClusters: number): void {
  const beats = (version: Version | undefined) => {
    const metrics = version && metricsOf(version, 'VALIDATION');
    return metrics !== undefined && metrics.rmsePpm < metrics.trainingMeanRmsePpm;
  };
  const schNet = versions.find((version) => version.kind === 'SCHNET');
  const widths = schNet?.hyperparameters;
  const isPaper =
    widths?.atomBasis === 128 && widths.filters === 128 && widths.gaussians === 25 && widths.interactions === 2;
  const checks: readonly (readonly [string, boolean])[] = [
    ["SchNet at the paper's widths", isPaper],
    ['SchNet with at least two seeds', ((widths?.seeds as number[] | undefined)?.length ?? 0) >= 2],
    [
      'SchNet with all training clusters in one batch',
      ((widths?.batchSize as number | undefined) ?? 0) >= trainingClusters,
    ],
    ['SchNet better than the training mean on validation', beats(schNet)],
    [
      'Lasso on populations better than the training mean on validation',
      beats(versions.find((version) => version.featureSet?.reference.startsWith('gop/'))),
    ],
  ];
  const failed = checks.filter(([, holds]) => !holds).map(([what]) => what);
  if (failed.length > 0) throw new NatriumError('INVALID_STATE', `the demo did not reach: ${failed.join('; ')}`);
}
