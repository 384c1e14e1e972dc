// npm run bench -- scale: a registry with 1,000,000 atoms and 1,000 model versions: how soon it starts, how fast it turns its pages, and
// whether everything from an import to a comparison still works.
import { mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { clusters } from './lib/clusters.mjs';
import { exit, figure } from './lib/figures.mjs';
import { importFile } from './lib/import-file.mjs';
import { startServer } from './lib/server.mjs';

const CLUSTERS = 25_000;
const ATOMS = 40;
const VERSIONS = 1000;
const START_SECONDS = 10;
const PAGE_MILLISECONDS = 200;
const PAGES = 300;
const MODELS = 20;
const SMALL_ATOMS = 6;
/** More than there are cores: a Lasso of this size mostly waits for its turn. */
const WORKERS = 8;
const PAGE = 200;

async function until(condition, what) {
  for (const begun = performance.now(); performance.now() - begun < 3.6e6; await wait(500)) {
    if (await condition()) return;
  }
  throw new Error(`waited an hour in vain for ${what}`);
}

function progress(line) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
}

async function importLargeSet(server) {
  const folder = mkdtempSync(join(tmpdir(), 'natrium-bench-scale-'));
  const path = join(folder, 'large.extxyz');
  const file = openSync(path, 'w');
  for (let first = 0; first < CLUSTERS; first += 1000) writeSync(file, clusters(first, 1000, ATOMS));
  progress(`importing ${CLUSTERS * ATOMS} atoms ...`);
  const { inserted } = await importFile(server, path);
  rmSync(folder, { recursive: true });
  if (inserted !== CLUSTERS) throw new Error(`${inserted} clusters came in instead of ${CLUSTERS}`);
  await freeze(server, 'large', { size: { equals: ATOMS } });
}

/** A dozen clusters with their splits, from a file to version 1 of a data set. */
async function importSmallSet(server, name, first) {
  const splits = ['train', 'train', 'train', 'train', 'validation', 'test'];
  const content = Array.from({ length: 12 }, (_, i) =>
    clusters(first + i, 1, SMALL_ATOMS).replace('split=train', `split=${splits[i % splits.length]}`),
  ).join('');
  const { report } = await server.ask(
    `mutation ($content: String!) {
      report: importCalculations(input: { fileName: "small.extxyz", content: $content }) { inserted sourceSha256 }
    }`,
    { content },
  );
  if (report.inserted !== 12) throw new Error(`${report.inserted} of 12 clusters came in`);
  await freeze(server, name, { sourceSha256: { equals: report.sourceSha256 } });
}

async function freeze(server, name, filter) {
  await server.ask(
    `mutation ($name: String!, $filter: CalculationFilter!) {
      createDataset(input: { name: $name, title: "Bench", description: "Not DFT", licence: "CC0-1.0" }) { id }
      createDatasetVersion(input: { dataset: $name, filter: $filter, split: { asGiven: true } }) { id }
    }`,
    { name, filter },
  );
}

async function train(server, model, datasetVersion) {
  const { run } = await server.ask(
    `mutation ($model: String!, $datasetVersion: String!) {
      run: trainLasso(input: { model: $model, datasetVersion: $datasetVersion, featureSet: "cn", alphas: [0.1] }) { id }
    }`,
    { model, datasetVersion },
  );
  return run.id;
}

async function runsIn(server, states) {
  const { runs } = await server.ask(
    `query ($states: [RunState!]!) { runs: trainingRuns(first: 1, filter: { state: { in: $states } }) { totalCount } }`,
    { states },
  );
  return runs.totalCount;
}

async function trainVersions(server) {
  await server.ask(`mutation {
    createFeatureSet(input: {
      name: "cn", runningCoordinationNumbers: { radiiAngstrom: [3.5, 4, 5], smearingAngstrom: 0.2 }
    }) { id }
  }`);
  for (let i = 0; i < VERSIONS; i++) await train(server, `model-${i % MODELS}`, 'small/1');
  await until(async () => {
    const open = await runsIn(server, ['QUEUED', 'RUNNING']);
    progress(`${VERSIONS - open} of ${VERSIONS} model versions trained ...`);
    return open === 0;
  }, 'the end of all trainings');
  const succeeded = await runsIn(server, ['SUCCEEDED']);
  if (succeeded !== VERSIONS) throw new Error(`${succeeded} of ${VERSIONS} trainings succeeded`);
}

/** Milliseconds that each page of clusters took, from the first one on and, when there is none behind, again. */
async function timePages(server) {
  const query = `query ($first: Int!, $after: String) { clusters(first: $first, after: $after) {
    nodes { id label formula size positionsAngstrom calculations { shieldingsPpm } }
    pageInfo { endCursor hasNextPage }
  } }`;
  const milliseconds = [];
  let after = null;
  for (let page = 0; page < PAGES; page++) {
    const start = performance.now();
    const { clusters: found } = await server.ask(query, { first: PAGE, after });
    milliseconds.push(performance.now() - start);
    if (found.nodes.length === 0) throw new Error('a page is empty');
    after = found.pageInfo.hasNextPage ? found.pageInfo.endCursor : null;
  }
  return milliseconds.sort((a, b) => a - b);
}

/** From a file to a comparison of two versions, with everything else stored beside it. */
async function chain(server) {
  await importSmallSet(server, 'chain', 2_000_000);
  const runs = [await train(server, 'chain', 'chain/1'), await train(server, 'chain', 'chain/1')];
  const ended = async (id) => {
    const { run } = await server.ask('query ($id: ID!) { run: trainingRun(id: $id) { state failure } }', { id });
    if (run.state === 'FAILED') throw new Error(run.failure);
    return run.state === 'SUCCEEDED';
  };
  await until(async () => (await ended(runs[0])) && (await ended(runs[1])), 'the trainings of the chain');
  const { comparison } = await server.ask(`{
    comparison: compareModelVersions(modelVersions: ["chain/1", "chain/2"], split: TEST) {
      evaluations { metrics { rmsePpm } } verdict
    }
  }`);
  await server.ask(`mutation {
    setModelAlias(input: { alias: "champion", modelVersion: "chain/1" }) { name }
    predictShieldings(input: {
      modelVersion: "chain@champion",
      structures: [{ elements: ["Na", "Na"], positionsAngstrom: [[0, 0, 0], [0, 0, 3.5]] }]
    }) { predictions { shieldingsPpm } }
  }`);
  return comparison.evaluations.length === 2;
}

let server = await startServer({ workers: WORKERS });
const { folder } = server;
try {
  await importLargeSet(server);
  await importSmallSet(server, 'small', 1_000_000);
  await trainVersions(server);
  progress('');
  await server.end();

  server = await startServer({ workers: 2, folder });
  const seconds = server.startSeconds;
  figure({
    ...{ name: `start with ${CLUSTERS * ATOMS} atoms and ${VERSIONS} model versions`, value: seconds.toFixed(1) },
    ...{ unit: 's', bound: `<= ${START_SECONDS}`, ok: seconds <= START_SECONDS },
  });
  const pages = await timePages(server);
  const [median, late] = [pages[Math.floor(PAGES / 2)], pages[Math.ceil(0.99 * PAGES) - 1]];
  figure({
    ...{ name: `a page of ${PAGE} clusters with their shieldings, median`, value: median.toFixed(0), unit: 'ms' },
  });
  figure({
    ...{ name: `a page of ${PAGE} clusters with their shieldings, 99 of 100`, value: late.toFixed(0), unit: 'ms' },
    ...{ bound: `<= ${PAGE_MILLISECONDS}`, ok: late <= PAGE_MILLISECONDS },
  });
  const begun = performance.now();
  const ok = await chain(server);
  const took = ((performance.now() - begun) / 1e3).toFixed(1);
  figure({ name: 'from a file to a comparison', value: took, unit: 's', ok });
} finally {
  await server.stop();
}
exit();
