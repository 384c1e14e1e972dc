// A compute process that trains what it is sent, reports to nobody, and says at the end how many seconds that took.
import { MODELS } from '../../dist/ml/models.js';

process.once('message', async (task) => {
  const { outcome } = await MODELS[task.settings.kind].train(task, { onProgress() {}, onCheckpoint() {} });
  process.send({ seconds: outcome.seconds }, () => process.exit());
});
