import type { TestProject } from 'vitest/node';
import { startTestServer, until } from '../support/server.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';
import { readRun, trainSchNet } from '../support/training.ts';
import { PATIENCE_SECONDS, SEEDS, TRAINING, type Weights } from './training.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** what comes out of the training of all scenarios when nothing happens to it */
    undisturbedWeights: Weights;
  }
}

/** Trains undisturbed, for all scenarios to compare with. */
export async function setup(project: TestProject): Promise<void> {
  const began = Date.now();
  const server = await startTestServer({ environment: { NATRIUM_WORKERS: '2' } });
  try {
    await importSyntheticDataset(server, 'synthetic', { clusters: SMALL_SPLIT, seed: 1 });
    const id = await trainSchNet(server, { ...TRAINING, model: 'undisturbed', seeds: SEEDS });
    const { state, trials } = await until(
      async () => {
        const run = await readRun(server, id);
        return ['SUCCEEDED', 'FAILED'].includes(run.state) && run;
      },
      'the undisturbed training',
      PATIENCE_SECONDS,
    );
    if (state !== 'SUCCEEDED') throw new Error(`the undisturbed training has ${state}\n${server.output()}`);
    project.provide('undisturbedWeights', Object.fromEntries(trials.map((each) => [each.seed, each.weightsSha256])));
  } finally {
    await server.dispose();
  }
  console.log(`[undisturbed] ${SEEDS.length} trials in ${((Date.now() - began) / 1000).toFixed(1)} s`);
}
