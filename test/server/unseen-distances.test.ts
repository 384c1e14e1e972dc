import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { artifactKey } from '../../src/artifacts/artifact-store.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/ml/safetensors.ts';
import {
  type ApiServer,
  createDataset,
  createVersion,
  frame,
  importCalculations,
  refusal,
  startApiServer,
} from '../support/api.ts';
import { trainSyntheticModels } from '../support/synthetic-models.ts';
import { runEnded, trainLasso } from '../support/training.ts';

type Positions = readonly (readonly number[])[];

interface Warning {
  readonly code: string;
  readonly message: string;
  readonly atoms: readonly number[];
  readonly distanceAngstrom: number | null;
  readonly trainedFromAngstrom: number | null;
  readonly trainedToAngstrom: number | null;
  readonly count: number | null;
  readonly clusterCount: number;
  readonly calculations: readonly { readonly id: string }[];
}

const WARNINGS = `warnings {
  code message atoms distanceAngstrom trainedFromAngstrom trainedToAngstrom count clusterCount calculations { id }
}`;

let server: ApiServer;
/** The training clusters. */
let trained: Positions[];

beforeAll(async () => {
  server = await startApiServer({ workers: 2 });
  await trainSyntheticModels(server);
  const { evaluation } = await evaluate('cn/1', 'main/1', 'TRAIN');
  trained = evaluation.calculations.map(({ cluster }) => rows(cluster.positionsAngstrom));
});
afterAll(() => server?.dispose());

function rows(flat: readonly number[]): number[][] {
  return Array.from({ length: flat.length / 3 }, (_, i) => flat.slice(3 * i, 3 * i + 3));
}

async function evaluate(modelVersion: string, datasetVersion: string, split: string) {
  return server.request<{
    evaluation: {
      id: string;
      warnings: Warning[];
      calculations: { id: string; cluster: { positionsAngstrom: number[] } }[];
    };
  }>(
    `mutation ($input: EvaluateModelVersionInput!) { evaluation: evaluateModelVersion(input: $input) {
      id ${WARNINGS} calculations { id cluster { positionsAngstrom } }
    } }`,
    { input: { modelVersion, datasetVersion, split } },
  );
}

const PREDICT = `mutation ($input: PredictShieldingsInput!) { answer: predictShieldings(input: $input) { predictions {
  shieldingsPpm ${WARNINGS} cluster { predictions { ${WARNINGS} modelVersion { reference } } }
} } }`;

/** The warnings of clusters, once stored and once inline, which must agree. */
async function warningsOf(modelVersion: string, clusters: readonly Positions[]): Promise<Warning[][]> {
  const { items } = await importCalculations(server, clusters.map((positions) => frame({ positions })).join(''));
  const structures = clusters.map((positions) => ({
    elements: positions.map(() => 'Na'),
    positionsAngstrom: positions,
  }));
  const input = { modelVersion, clusters: items.map((item) => item.cluster!.id), structures };
  const { answer } = await server.request<{
    answer: {
      predictions: {
        warnings: Warning[];
        cluster: { predictions: { warnings: Warning[]; modelVersion: { reference: string } }[] } | null;
      }[];
    };
  }>(PREDICT, { input });
  const warnings = answer.predictions.map((each) => each.warnings);
  const stored = warnings.slice(0, clusters.length);
  expect(warnings.slice(clusters.length)).toEqual(stored);
  answer.predictions.slice(0, clusters.length).forEach(({ cluster }, i) => {
    const kept = cluster!.predictions.find((each) => each.modelVersion.reference === modelVersion)!;
    expect(kept.warnings).toEqual(stored[i]);
  });
  return stored;
}

const scaled = (positions: Positions, factor: number) => positions.map((at) => at.map((x) => factor * x));
const turned = (positions: Positions) => positions.map(([x, y, z]) => [0.6 * x - 0.8 * y, 0.8 * x + 0.6 * y, z]);

/** Of all pairs within reach, by their atoms. */
function distances(positions: Positions, reach: number) {
  return positions
    .flatMap((a, i) =>
      positions.slice(0, i).map((b, j) => ({ atoms: [j, i], d: Math.hypot(...a.map((x, axis) => x - b[axis])) })),
    )
    .filter(({ d }) => d < reach);
}

/** Of each version: how far it sees. */
const REACH = { 'schnet/1': 6, 'cn/1': 5 + 4 * 0.2 };

describe.each(Object.entries(REACH))('%s', (modelVersion, reach) => {
  test('says nothing of ordinary clusters', async () => {
    expect(await warningsOf(modelVersion, [...trained.slice(0, 3), ...trained.slice(0, 2).map(turned)])).toEqual(
      Array(5).fill([]),
    );
  });

  test('flags distances that it has never seen, with the atoms, the distance and the range', async () => {
    const seen = trained.flatMap((positions) => distances(positions, reach)).map(({ d }) => d);
    const [from, to] = [Math.min(...seen), Math.max(...seen)];
    const squeezed = scaled(trained[0], 0.6);
    const tooShort = distances(squeezed, reach).filter(({ d }) => d < from - 0.01);
    const [worst] = tooShort.toSorted((a, b) => a.d - b.d);
    const [[warning, ...others]] = await warningsOf(modelVersion, [squeezed]);
    expect(others).toEqual([]);
    expect(warning).toMatchObject({
      ...{ code: 'EXTRAPOLATED_DISTANCE', atoms: worst.atoms, count: tooShort.length, clusterCount: 1 },
      ...{ distanceAngstrom: expect.closeTo(worst.d, 5), calculations: [] },
      ...{ trainedFromAngstrom: expect.closeTo(from, 5), trainedToAngstrom: expect.closeTo(to, 5) },
    });
    const [i, j] = worst.atoms.map((atom) => `${atom + 1} \\(Na\\)`);
    expect(warning.message).toMatch(
      new RegExp(
        `^Atoms ${i} and ${j} are ${Number(warning.distanceAngstrom!.toFixed(4))} Å apart, and ${tooShort.length - 1} more`,
      ),
    );
    expect(warning.message).toMatch(
      /in training, Na and Na within .* of each other were 2.* Å to 5.* Å apart\. The shieldings are extrapolated\./,
    );
  });

  test('flags an atom without neighbours', async () => {
    const [first, , ...rest] = trained[0];
    const [warnings] = await warningsOf(modelVersion, [[first, [first[0], first[1], 40], ...rest]]);
    expect(warnings.filter(({ code }) => code === 'ISOLATED_ATOM')).toMatchObject([
      {
        atoms: [1],
        count: 1,
        distanceAngstrom: null,
        message: expect.stringMatching(/^Atom 2 \(Na\) has no neighbour/),
      },
    ]);
    expect(await warningsOf(modelVersion, [[[0, 0, 0]]])).toMatchObject([[{ code: 'ISOLATED_ATOM', atoms: [0] }]]);
  });

  test('says of an evaluation which calculations are concerned', async () => {
    expect((await evaluate(modelVersion, 'main/1', 'TRAIN')).evaluation.warnings).toEqual([]);

    const name = `odd-${modelVersion.split('/')[0]}`;
    const clusters = [
      ...trained.slice(0, 2).map((positions) => scaled(positions, 1 + reach / 1e5)),
      ...trained.slice(2, 4).map((positions, k) => scaled(positions, 0.7 - 0.1 * k + reach / 1e5)),
    ];
    const frames = clusters.map((positions, k) => frame({ positions, id: `${name}-${k}`, keys: 'split=train' }));
    const { items, sourceSha256 } = await importCalculations(server, frames.join(''));
    await createDataset(server, name);
    const filter = { sourceSha256: { equals: sourceSha256 } };
    const { reference } = await createVersion(server, { dataset: name, filter, split: { asGiven: true } });
    const { evaluation } = await evaluate(modelVersion, reference, 'TRAIN');
    const [warning, ...others] = evaluation.warnings.filter(({ distanceAngstrom: d }) => d !== null && d < 2.9);
    expect(others).toEqual([]);
    expect(warning).toMatchObject({
      code: 'EXTRAPOLATED_DISTANCE',
      clusterCount: 2,
      atoms: [expect.any(Number), expect.any(Number)],
    });
    expect(warning.message).toMatch(new RegExp(`^Concerns 2 of 4 clusters, such as ${name}-3\\. Atoms `));
    expect(warning.calculations.map(({ id }) => id)).toEqual([items[3], items[2]].map((item) => item.calculation!.id));
    const { node } = await server.request<{ node: object }>(
      `query ($id: ID!) { node(id: $id) { ... on Evaluation { ${WARNINGS} } } }`,
      { id: evaluation.id },
    );
    expect(node).toEqual({ warnings: evaluation.warnings });
  });
});

test('elements that were never near each other are flagged, and such that were never there refused', async () => {
  const pair = (elements: string[], distance: number, split: string) =>
    frame({
      elements,
      positions: [
        [0, 0, 0],
        [distance, 0, 0],
      ],
      sigma: [100 * distance, 90 * distance],
      keys: `split=${split}`,
    });
  const content = [
    ...[3, 3.1, 3.2].map((d) => pair(['Na', 'Na'], d, 'train')),
    ...[2, 2.1, 2.2].map((d) => pair(['Cl', 'Cl'], d, 'train')),
    pair(['Na', 'Na'], 3.05, 'validation'),
  ];
  const { sourceSha256 } = await importCalculations(server, content.join(''));
  await createDataset(server, 'salt');
  const filter = { sourceSha256: { equals: sourceSha256 } };
  await createVersion(server, { dataset: 'salt', filter, split: { asGiven: true } });
  const run = await trainLasso(server, { model: 'salt', datasetVersion: 'salt/1', featureSet: 'cn', alphas: [0.1] });
  expect(await runEnded(server, run)).toMatchObject({ state: 'SUCCEEDED' });

  const structure = (...elements: string[]) => ({
    elements,
    positionsAngstrom: [
      [0, 0, 0],
      [3.05, 0, 0],
    ],
  });
  const input = { modelVersion: 'salt/1', structures: [structure('Na', 'Na'), structure('Cl', 'Na')] };
  const { answer } = await server.request<{ answer: { predictions: { warnings: Warning[] }[] } }>(PREDICT, { input });
  expect(answer.predictions.map(({ warnings }) => warnings)).toMatchObject([
    [],
    [{ code: 'EXTRAPOLATED_DISTANCE', atoms: [0, 1], distanceAngstrom: 3.05, trainedFromAngstrom: null, count: 1 }],
  ]);
  expect(answer.predictions[1].warnings[0].message).toMatch(
    /no training cluster has Cl and Na within 5\.8 Å of each other/,
  );

  for (const modelVersion of ['salt/1', 'schnet/1', 'cn/1']) {
    const unseen = { modelVersion, structures: [{ ...structure('Na', 'K'), label: 'mine' }] };
    expect(await refusal(server, PREDICT, { input: unseen })).toMatchObject({
      code: 'FEATURES_UNAVAILABLE',
      message: expect.stringMatching(/^mine holds K, which the model was not trained on/),
    });
  }
  const evaluation = { modelVersion: 'schnet/1', datasetVersion: 'salt/1', split: 'TRAIN' };
  const mutation = 'mutation ($input: EvaluateModelVersionInput!) { evaluateModelVersion(input: $input) { id } }';
  expect(await refusal(server, mutation, { input: evaluation })).toMatchObject({ code: 'FEATURES_UNAVAILABLE' });
});

test('a version and an evaluation from before distances were recorded say that they cannot tell', async () => {
  await server.sql(`UPDATE model_versions SET outcome = outcome - 'distances'`);
  await server.sql(`UPDATE evaluations SET metrics = metrics - 'warnings'`);
  for (const modelVersion of Object.keys(REACH)) {
    expect(await warningsOf(modelVersion, [trained[0]])).toMatchObject([
      [{ code: 'DISTANCES_NOT_RECORDED', atoms: [] }],
    ]);
    const { evaluation } = await evaluate(modelVersion, 'main/1', 'TRAIN');
    expect(evaluation.warnings).toMatchObject([{ code: 'DISTANCES_NOT_RECORDED' }]);
  }
});

test('a prediction that is no number is an error with the version and the cluster, and is not stored', async () => {
  const [{ weights_sha256: sha256 }] = await server.sql(
    `SELECT weights_sha256 FROM model_versions WHERE kind = 'SCHNET'`,
  );
  const pathOf = (name: string) => join(server.dataFolder, 'artifacts', artifactKey(name));
  const { tensors, metadata } = decodeSafetensors(readFileSync(pathOf(String(sha256))), 'the weights');
  // finite, as a damaged file's would not be, but too much for single precision
  for (const [name, { data }] of tensors) if (name.endsWith('.weight')) data.fill(1e30);
  const bytes = encodeSafetensors(tensors, metadata);
  const changed = createHash('sha256').update(bytes).digest('hex');
  mkdirSync(dirname(pathOf(changed)), { recursive: true });
  writeFileSync(pathOf(changed), bytes);
  await server.sql(
    `INSERT INTO artifacts (sha256, byte_length, media_type, created_by) VALUES ($1, $2, 'application/x-safetensors', 'test')`,
    [changed, bytes.length],
  );
  await server.sql(`UPDATE model_versions SET weights_sha256 = $1 WHERE kind = 'SCHNET'`, [changed]);

  const { items } = await importCalculations(server, frame({ positions: scaled(trained[0], 1.01), id: 'the-one' }));
  const input = { modelVersion: 'schnet/1', clusters: [items[0].cluster!.id] };
  expect(await refusal(server, PREDICT, { input })).toMatchObject({
    code: 'NON_FINITE_NUMBER',
    message: expect.stringMatching(/^schnet\/1: the prediction for atom 1 of the-one is (NaN|-?Infinity):/),
  });
  const mutation = `mutation {
    evaluateModelVersion(input: { modelVersion: "schnet/1", datasetVersion: "salt/1", split: VALIDATION }) { id }
  }`;
  expect(await refusal(server, mutation)).toMatchObject({
    code: 'NON_FINITE_NUMBER',
    message: expect.stringMatching(/^schnet\/1: the prediction for atom 1 of /),
  });
});
