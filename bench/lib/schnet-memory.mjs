// A process with the data of a trial; prints by how many MiB its resident memory grew at most while it trained and validated.
import { readFileSync, writeFileSync } from 'node:fs';
import {
  labelledClusters,
  openSession,
  shuffledBatches,
  TRAIN_SIZES,
  train,
  VALIDATION_SIZES,
} from './schnet-training.mjs';

const EPOCHS = 5;

function residentMebibytes(field) {
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
}

const training = labelledClusters(TRAIN_SIZES);
const validation = labelledClusters(VALIDATION_SIZES);
const batches = shuffledBatches(training, EPOCHS, 1);
globalThis.gc();
const before = residentMebibytes('VmRSS');
// the highest resident memory counts from here on
writeFileSync('/proc/self/clear_refs', '5');
const session = openSession(1);
for (let epoch = 0; epoch < EPOCHS; epoch++) {
  const start = (epoch * batches.length) / EPOCHS;
  await train(session, training, batches.slice(start, start + batches.length / EPOCHS), { kind: 'MSE' });
  await session.predict(validation.structures);
}
process.stdout.write(String(residentMebibytes('VmHWM') - before));
