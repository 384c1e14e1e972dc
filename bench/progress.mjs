// npm run bench -- progress: what it costs a SchNet training that each of its epochs is kept and told. The same training runs
// through a whole server, with a subscriber that reads every epoch, and bare in a compute process that reports to nobody, in turns.
import { fork } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { COMPUTE_NICENESS } from '../dist/jobs/forked-compute.js';
import { SCHNET_DEFAULTS } from '../dist/ml/schnet/hyperparameters.js';
import { SCHNET_TRAINING_DEFAULTS } from '../dist/ml/schnet/training.js';
import { exit, figure } from './lib/figures.mjs';
import { labelledClusters, TRAIN_SIZES, VALIDATION_SIZES } from './lib/schnet-training.mjs';
import { startServer } from './lib/server.mjs';

const CLUSTERS_PER_SIZE = 40;
const EPOCHS = 400;
const ROUNDS = 3;
const MOST = 1.02;

const SETTINGS = {
  ...{ ...SCHNET_DEFAULTS, ...SCHNET_TRAINING_DEFAULTS, epochs: EPOCHS, seeds: [1] },
  ...{ engine: 'WASM', loss: 'MSE', distributionWeight: 3 },
};

/** Clusters with invented shieldings, as inputs of a training. */
function inputs(split, sizes) {
  const { structures, targets } = labelledClusters(sizes, CLUSTERS_PER_SIZE);
  return structures.map((structure, k) => ({
    name: `${split}-${k}`,
    structure,
    shieldingsPpm: targets[k].map((target) => 580 + 30 * target),
    ...{ populationLabels: null, grossOrbitalPopulations: null },
  }));
}

function extXyz(split, labelled) {
  return labelled
    .map(({ name, structure: { positionsAngstrom }, shieldingsPpm }) => {
      const rows = [...shieldingsPpm].map(
        (shielding, atom) => `Na ${[...positionsAngstrom.slice(3 * atom, 3 * atom + 3), shielding].join(' ')}\n`,
      );
      const keys = `id=${name} split=${split} program=invented program_version=1 method=none basis=none`;
      return `${rows.length}\nProperties=species:S:1:pos:R:3:sigma_iso:R:1 pbc="F F F" ${keys}\n${rows.join('')}`;
    })
    .join('');
}

async function importDataset(server, content) {
  await server.ask(
    `mutation ($content: String!) { importCalculations(input: { fileName: "bench.extxyz", content: $content }) { inserted } }`,
    { content },
  );
  await server.ask(
    `mutation { createDataset(input: { name: "bench", title: "x", description: "x", licence: "CC0-1.0" }) { id } }`,
  );
  await server.ask(
    `mutation { createDatasetVersion(input: { dataset: "bench", filter: {}, split: { asGiven: true } }) { id } }`,
  );
}

/** Seconds that the training took, told by its outcome, while a subscriber read all its epochs. */
async function watched(server) {
  const { run } = await server.ask(
    `mutation { run: trainSchNet(input: { model: "bench", datasetVersion: "bench/1", epochs: ${EPOCHS}, seeds: [1] }) { id } }`,
  );
  const client = createClient({ url: `${server.url.replace(/^http/, 'ws')}/graphql`, webSocketImpl: WebSocket });
  let told = 0;
  let seconds = null;
  for await (const { data, errors } of client.iterate({
    query: `subscription ($id: ID!) { update: trainingRunUpdated(trainingRun: $id) {
      trainingRun { state failure }
      trials { trial { progress { secondsLeft } outcome { seconds } } points { x trainLoss validationLoss trainRmsePpm validationRmsePpm seconds } }
    } }`,
    variables: { id: run.id },
  })) {
    if (errors) throw new Error(JSON.stringify(errors));
    for (const { trial, points } of data.update.trials) {
      told += points.length;
      seconds = trial.outcome?.seconds ?? seconds;
    }
  }
  await client.dispose();
  if (told !== EPOCHS) throw new Error(`${told} epochs were told of ${EPOCHS}`);
  return seconds;
}

/** Seconds of the same training in a process that nobody listens to. */
function bare(task) {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('lib/bare-training.mjs', import.meta.url)), { serialization: 'advanced' });
    setPriority(child.pid, COMPUTE_NICENESS);
    child.once('message', ({ seconds }) => resolve(seconds));
    child.once('exit', (code) => reject(new Error(`the bare training ended with code ${code}`)));
    child.send(task);
  });
}

const [train, validation] = [inputs('train', TRAIN_SIZES), inputs('validation', VALIDATION_SIZES)];
const task = {
  ...{ settings: { kind: 'SCHNET', ...SETTINGS }, seed: 1, target: 'DIRECT', features: null, resumeFrom: null },
  ...{ train, validation },
};
const server = await startServer({ workers: 1 });
try {
  await importDataset(server, extXyz('train', train) + extXyz('validation', validation));
  const seconds = { watched: [], bare: [] };
  for (let round = 0; round < ROUNDS; round++) {
    seconds.bare.push(await bare(task));
    seconds.watched.push(await watched(server));
  }
  const [ours, peer] = [Math.min(...seconds.watched), Math.min(...seconds.bare)];
  const all = (values) => values.map((value) => value.toFixed(1)).join(', ');
  figure({
    name: `progress of ${EPOCHS} epochs through the server, best of ${all(seconds.watched)} s`,
    ...{ value: (ours / peer).toFixed(4), unit: 'times' },
    ...{ peer: `bare training, best of ${all(seconds.bare)} s`, peerValue: '1' },
    ...{ ratio: ours / peer, bound: `<= ${MOST}`, ok: ours / peer <= MOST },
  });
} finally {
  await server.stop();
}
exit();
