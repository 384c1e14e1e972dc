// A worker thread that trains one seed for so many epochs whenever it is told to, and says when it is done.
import { parentPort, workerData } from 'node:worker_threads';
import { labelledClusters, openSession, shuffledBatches, TRAIN_SIZES, train } from './schnet-training.mjs';

const { seed, epochs } = workerData;
const clusters = labelledClusters(TRAIN_SIZES);
const batches = shuffledBatches(clusters, epochs, seed);
const session = openSession(seed);
const run = () => train(session, clusters, batches, { kind: 'MSE' });

await run();
parentPort.on('message', async () => {
  await run();
  parentPort.postMessage('done');
});
parentPort.postMessage('ready');
