import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { artifactKey } from '../../src/artifacts/artifact-store.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';
import { createSyntheticFeatureSets } from '../support/synthetic-models.ts';
import { runEnded, SMALL_SCHNET, type TrainingRun, trainLasso, trainSchNet } from '../support/training.ts';

const ALPHAS = [1e-4, 0.001, 0.01, 0.1, 10];

let server: TestServer;
let datasetVersion: string;
let crossValidated: TrainingRun;

beforeAll(async () => {
  server = await startTestServer();
  datasetVersion = await importSyntheticDataset(server, 'main', {
    ...{ clusters: SMALL_SPLIT, seed: 1, populations: true },
  });
  await createSyntheticFeatureSets(server);
  await server.request(`mutation {
    createFeatureSet(input: {
      name: "both", grossOrbitalPopulations: { labels: ["3S", "3PX"] }
      runningCoordinationNumbers: { radiiAngstrom: [3.5, 4.5], smearingAngstrom: 0.2 }
    }) { id }
  }`);
  const lasso = { datasetVersion, alphas: ALPHAS };
  const folds = { selection: 'CROSS_VALIDATION', folds: 4 };
  const ids = [
    await trainLasso(server, { ...lasso, model: 'folds', featureSet: 'both', ...folds }),
    await trainLasso(server, { ...lasso, model: 'validated', featureSet: 'cn' }),
    await trainLasso(server, { ...lasso, model: 'transformed', featureSet: 'cn', target: 'TRANSFORMED' }),
    await trainSchNet(server, { model: 'committee', datasetVersion, ...SMALL_SCHNET, seeds: [1, 2], committee: true }),
  ];
  const runs = [];
  for (const id of ids) runs.push(await runEnded(server, id));
  for (const { state, failure } of runs) expect({ state, failure }).toEqual({ state: 'SUCCEEDED', failure: null });
  crossValidated = runs[0];
});
afterAll(() => server?.dispose());

interface Lasso {
  readonly alpha: number;
  readonly nonZero: number;
  readonly interceptPpm: number | null;
  readonly coefficients: readonly { readonly standardized: number; readonly ppmPerUnit: number | null }[];
  readonly nonZeroCoefficients: readonly { readonly name: string }[];
  readonly path: readonly {
    readonly alpha: number;
    readonly validationRmsePpm: number;
    readonly crossValidationRmsePpm: number | null;
    readonly dualityGap: number;
    readonly nonZero: number;
  }[];
}

const LASSO = `query ($version: String!) { modelVersion(modelVersion: $version) {
  lasso {
    alpha selection folds nonZero standardizedIntercept intercept interceptPpm
    coefficients {
      name kind radiusAngstrom neighborElement orbital mean standardDeviation standardized perUnit ppmPerUnit
    }
    nonZeroCoefficients: coefficients(nonZeroOnly: true) { name }
    path { alpha nonZero objective dualityGap trainRmsePpm validationRmsePpm crossValidationRmsePpm }
  }
} }`;

async function lassoOf(version: string): Promise<Lasso> {
  const { modelVersion } = await server.request<{ modelVersion: { lasso: Lasso } }>(LASSO, { version });
  return modelVersion.lasso;
}

describe('a Lasso by cross-validation', () => {
  test('has the alpha with the lowest RMSE of left-out clusters, and tells its whole path', async () => {
    const lasso = await lassoOf('folds/1');
    expect(lasso).toMatchObject({ selection: 'CROSS_VALIDATION', folds: 4 });
    expect(lasso.path.map(({ alpha }) => alpha)).toEqual(ALPHAS);
    for (const { dualityGap, crossValidationRmsePpm } of lasso.path) {
      expect(dualityGap).toBeLessThanOrEqual(1e-11);
      expect(crossValidationRmsePpm).toBeGreaterThan(0);
    }
    const best = lasso.path.reduce((a, b) => (b.crossValidationRmsePpm! <= a.crossValidationRmsePpm! ? b : a));
    expect(lasso).toMatchObject({ alpha: best.alpha, nonZero: best.nonZero });
    const [{ outcome, progress }] = crossValidated.trials;
    expect(outcome).toMatchObject({
      ...{ alpha: best.alpha, selectionLoss: best.crossValidationRmsePpm },
      ...{ validationRmsePpm: best.validationRmsePpm },
    });
    expect(outcome!.curve.map(({ x }) => x)).toEqual(ALPHAS);
    expect(progress).toMatchObject({ step: 25, steps: 25, secondsLeft: 0 });
  });

  test('says what was asked for', async () => {
    const settings = (version: string) =>
      server.request(
        `query ($version: String!) { modelVersion(modelVersion: $version) {
          hyperparameters { ... on LassoSettings { alphas selection folds } }
        } }`,
        { version },
      );
    expect(await settings('folds/1')).toMatchObject({
      modelVersion: { hyperparameters: { alphas: ALPHAS, selection: 'CROSS_VALIDATION', folds: 4 } },
    });
    expect(await settings('validated/1')).toMatchObject({
      modelVersion: { hyperparameters: { selection: 'VALIDATION', folds: null } },
    });
  });

  test('gives the same bytes again', async () => {
    const { run } = await server.request<{ run: { id: string } }>(
      `mutation { run: reproduceModelVersion(input: { modelVersion: "folds/1" }) { id } }`,
    );
    expect(await runEnded(server, run.id)).toMatchObject({ state: 'SUCCEEDED' });
    const answer = await server.request('query ($id: ID!) { trainingRun(id: $id) { reproduction { agrees } } }', {
      id: run.id,
    });
    expect(answer).toEqual({ trainingRun: { reproduction: { agrees: true } } });
  });
});

describe('coefficients', () => {
  test('are named by radius or orbital', async () => {
    const { coefficients, nonZeroCoefficients, nonZero } = await lassoOf('folds/1');
    const number = { kind: 'RUNNING_COORDINATION_NUMBER', neighborElement: null, orbital: null };
    const population = { kind: 'GROSS_ORBITAL_POPULATION', radiusAngstrom: null, neighborElement: null };
    expect(coefficients).toMatchObject([
      { ...number, name: 'CN(3.5 Å)', radiusAngstrom: 3.5 },
      { ...number, name: 'CN(4.5 Å)', radiusAngstrom: 4.5 },
      { ...population, name: 'GOP(3S)', orbital: '3S' },
      { ...population, name: 'GOP(3PX)', orbital: '3PX' },
    ]);
    expect(nonZeroCoefficients).toHaveLength(nonZero);
    expect(coefficients.filter(({ standardized }) => standardized !== 0)).toHaveLength(nonZero);
  });

  test('and the running coordination numbers of an atom add up to its prediction', async () => {
    const { interceptPpm, coefficients } = await lassoOf('validated/1');
    const { evaluation } = await server.request<{
      evaluation: {
        predictedPpm: number[];
        calculations: { cluster: { runningCoordinationNumbers: { values: number[][] } } }[];
      };
    }>(`mutation { evaluation: evaluateModelVersion(
      input: { modelVersion: "validated/1", datasetVersion: "main/1", split: TEST }
    ) {
      predictedPpm
      calculations { cluster {
        runningCoordinationNumbers(radiiAngstrom: [3, 3.5, 4, 4.5, 5], smearingAngstrom: 0.2) { values }
      } }
    } }`);
    const atoms = evaluation.calculations.flatMap(({ cluster }) => cluster.runningCoordinationNumbers.values);
    expect(atoms.length).toBe(evaluation.predictedPpm.length);
    atoms.forEach((numbers, i) => {
      const sum = numbers.reduce((total, value, j) => total + coefficients[j].ppmPerUnit! * value, interceptPpm!);
      expect(sum).toBeCloseTo(evaluation.predictedPpm[i], 8);
    });
  });

  test('have no ppm for a transformed target, and are none of SchNet', async () => {
    const { interceptPpm, coefficients, path } = await lassoOf('transformed/1');
    expect([interceptPpm, ...coefficients.map(({ ppmPerUnit }) => ppmPerUnit)]).toEqual(Array(6).fill(null));
    expect(path.map(({ crossValidationRmsePpm }) => crossValidationRmsePpm)).toEqual(ALPHAS.map(() => null));
    expect(await lassoOf('committee/1')).toBeNull();
  });
});

test('the target transform is that of the model file, for every kind of model', async () => {
  const { models } = await server.request<{
    models: { nodes: { name: string; versions: { targetTransform: object }[] }[] };
  }>(`{ models(first: 10) { nodes {
    name versions { targetTransform { kind mean standardDeviation shape location scale } }
  } } }`);
  const transforms = Object.fromEntries(models.nodes.map(({ name, versions }) => [name, versions[0].targetTransform]));
  const standardized = {
    ...{ kind: 'STANDARDIZE', mean: crossValidated.trials[0].outcome!.trainingMeanPpm },
    ...{ standardDeviation: expect.any(Number), shape: null, location: null, scale: null },
  };
  expect(transforms).toEqual({
    ...{ folds: standardized, validated: standardized, committee: standardized },
    transformed: {
      ...{ kind: 'GENERALIZED_LOGISTIC', mean: null, standardDeviation: null },
      ...{ shape: expect.any(Number), location: expect.any(Number), scale: expect.any(Number) },
    },
  });
});

test('input that cannot be is refused before anything is queued', async () => {
  const train = async (input: object) => {
    const { errors } = await server.ask('mutation ($input: TrainLassoInput!) { trainLasso(input: $input) { id } }', {
      input: { model: 'refused', datasetVersion, featureSet: 'cn', selection: 'CROSS_VALIDATION', ...input },
    });
    return [errors?.[0].extensions.code, errors?.[0].message];
  };
  expect(await train({ folds: 9 })).toEqual([
    'INVALID_HYPERPARAMETER',
    '9 folds need as many different clusters in train, and main/1 has 8; take fewer folds',
  ]);
  for (const input of [
    { folds: 1 },
    { folds: -2 },
    { alphas: [] },
    { alphas: [1, -1] },
    { alphas: Array(1001).fill(1) },
  ]) {
    expect(await train(input)).toEqual([
      'INVALID_HYPERPARAMETER',
      expect.stringMatching(/^(folds is|alpha is|there are) /),
    ]);
  }
});

test('coefficients of a damaged file are an error, never numbers', async () => {
  const [{ weightsSha256 }] = crossValidated.trials;
  rmSync(join(server.dataFolder, 'artifacts', artifactKey(weightsSha256!)));
  const { errors } = await server.ask(LASSO, { version: 'folds/1' });
  expect(errors).toMatchObject([{ extensions: { code: 'CORRUPT_ARTIFACT' } }]);
});
