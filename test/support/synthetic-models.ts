import type { TestServer } from './server.ts';
import { importSyntheticDataset, SMALL_SPLIT } from './synthetic-clusters.ts';
import { runEnded, SMALL_SCHNET, trainLasso, trainSchNet } from './training.ts';

export async function createSyntheticFeatureSets(server: TestServer): Promise<void> {
  await server.request(`mutation {
    cn: createFeatureSet(input: {
      name: "cn", runningCoordinationNumbers: { radiiAngstrom: [3, 3.5, 4, 4.5, 5], smearingAngstrom: 0.2 }
    }) { id }
    gop: createFeatureSet(input: { name: "gop", grossOrbitalPopulations: { labels: ["3S", "3PX"] } }) { id }
  }`);
}

/**
 * Trains models on the synthetic data set `main/1`: the Lassos cn/1 and cn/2 on running coordination numbers and gop/1 on
 * populations, and schnet/1.
 */
export async function trainSyntheticModels(server: TestServer): Promise<void> {
  const datasetVersion = await importSyntheticDataset(server, 'main', {
    ...{ clusters: SMALL_SPLIT, seed: 1, populations: true },
  });
  await createSyntheticFeatureSets(server);
  const lasso = (featureSet: string, alphas: number[]) =>
    trainLasso(server, { model: featureSet, datasetVersion, featureSet, alphas });
  const runs = [
    await lasso('cn', [0.01]),
    await lasso('cn', [0.3]),
    await lasso('gop', [0.01]),
    await trainSchNet(server, { model: 'schnet', datasetVersion, ...SMALL_SCHNET }),
  ];
  for (const id of runs) {
    const { state, failure } = await runEnded(server, id);
    if (state !== 'SUCCEEDED') throw new Error(`a training ended ${state}: ${failure}`);
  }
}
