import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ApiServer,
  createDataset,
  createVersion,
  errorOf,
  frame,
  IMPORT_CALCULATIONS,
  importSmallClusters,
  levelOfTheoryId,
  refusal,
  startApiServer,
} from '../support/api.ts';
import { startImport, upload } from '../support/bulk.ts';
import { startGeneration } from '../support/cluster-runs.ts';
import { runStudy } from '../support/studies.ts';

let server: ApiServer;
let source: string;
let training: string;
let calculation: string;
let uploaded: string;
let started: string;
let levelOfTheory: string;
let clusterRun: string;
let study: string;
beforeAll(async () => {
  server = await startApiServer();
  const imported = await importSmallClusters(server);
  source = imported.source;
  calculation = imported.ids.b3;
  levelOfTheory = await levelOfTheoryId(server);
  await createDataset(server, 'small');
  await createVersion(server, { dataset: 'small', ...whole(), split: { asGiven: true } });
  await server.request(`mutation { createFeatureSet(input: { name: "rcn", runningCoordinationNumbers: {} }) { id } }`);
  const { run } = await server.request<{ run: { id: string } }>(
    `mutation { run: trainSchNet(input: { model: "m", datasetVersion: "small/1", seeds: [1] }) { id } }`,
  );
  training = run.id;
  uploaded = await upload(server, 'a.extxyz', frame());
  started = (await startImport(server, [uploaded])).id;
  clusterRun = (await startGeneration(server, { sizes: [3], clustersPerSize: 1, seed: 2 })).id;
  await server.sql(
    `INSERT INTO workers (name, host, pid, version, heartbeat_at) VALUES ('a:1', 'a', 1, '0', now() + interval '1 hour')`,
  );
  study = (await runStudy(server, { datasetVersion: 'small/1', seeds: [1] })).id;
});
afterAll(() => server?.dispose());

const whole = () => ({ filter: { sourceSha256: { equals: source } } });

const CREATE_DATASET = `mutation ($input: CreateDatasetInput!) { createDataset(input: $input) { id name } }`;
const dataset = (name: string, idempotencyKey: string, changes: object = {}) => ({
  input: { name, title: 'Invented', description: 'Invented', licence: 'CC0-1.0', idempotencyKey, ...changes },
});

const TRAIN = `mutation ($input: TrainSchNetInput!) { trainSchNet(input: $input) { id } }`;
const train = (idempotencyKey: string, changes: object = {}) => ({
  input: { model: 'm', datasetVersion: 'small/1', seeds: [1, 2], idempotencyKey, ...changes },
});

/** Mutations, asked once and then again with the same key; `input` makes the same input each time. */
const MUTATIONS: readonly (readonly [name: string, type: string, fields: string, input: () => object])[] = [
  [
    'importCalculations',
    'ImportCalculationsInput',
    'inserted existing items { status line calculation { id } }',
    () => ({ fileName: 'a', content: FRAMES[0] }),
  ],
  [
    'importStructures',
    'ImportStructuresInput',
    'inserted existing items { status line cluster { id } }',
    () => ({ fileName: 'a', content: FRAMES[1] }),
  ],
  [
    'createDataset',
    'CreateDatasetInput',
    'id createdAt',
    () => ({ name: 'x', title: 'x', description: 'x', licence: 'x' }),
  ],
  [
    'createDatasetVersion',
    'CreateDatasetVersionInput',
    'id reference',
    () => ({ dataset: 'small', ...whole(), split: { bySize: { validation: [], test: [3] } } }),
  ],
  [
    'createFeatureSet',
    'CreateFeatureSetInput',
    'id reference',
    () => ({ name: 'y', runningCoordinationNumbers: { radiiAngstrom: [3] } }),
  ],
  [
    'setShieldingReference',
    'SetShieldingReferenceInput',
    'id version',
    () => ({ levelOfTheory, shieldingPpm: 576, compound: 'x', source: 'x' }),
  ],
  ['trainLasso', 'TrainLassoInput', 'id', () => ({ model: 'l', datasetVersion: 'small/1', featureSet: 'rcn/1' })],
  ['trainSchNet', 'TrainSchNetInput', 'id', () => ({ model: 's', datasetVersion: 'small/1', seeds: [5] })],
  ['cancelTrainingRun', 'TrainingRunInput', 'id state finishedAt', () => ({ trainingRun: training })],
  ['runStudy', 'RunStudyInput', 'id createdAt', () => ({ datasetVersion: 'small/1', seeds: [2] })],
  ['cancelStudy', 'StudyInput', 'id state', () => ({ study })],
  ['resumeStudy', 'StudyInput', 'id state', () => ({ study })],
  ['generateClusters', 'GenerateClustersInput', 'id state', () => ({ sizes: [3], clustersPerSize: 1, seed: 1 })],
  ['relaxClusters', 'RelaxClustersInput', 'id state total', () => ({ filter: {} })],
  ['cancelClusterRun', 'ClusterRunInput', 'id state finishedAt', () => ({ clusterRun })],
  ['drainWorker', 'DrainWorkerInput', 'name state drainedBy', () => ({ worker: 'a:1' })],
  ['requestUpload', 'RequestUploadInput', 'id url', () => ({ fileName: 'a' })],
  ['startImport', 'StartImportInput', 'id state', () => ({ uploads: [uploaded] })],
  ['cancelImport', 'ImportInput', 'id state finishedAt', () => ({ import: started })],
  ['invalidateCalculation', 'InvalidateCalculationInput', 'id invalidatedAt', () => ({ calculation, reason: 'x' })],
];
const FRAMES = [frame({ id: 'one' }) + frame({ id: 'bad', sigma: ['nan', 1] }), frame({ id: 'two' })];

describe('the same key with the same input', () => {
  test.each(MUTATIONS)('answers %s as before and writes nothing more', async (name, type, fields, input) => {
    const query = `mutation ($input: ${type}!) { answer: ${name}(input: $input) { ${fields} } }`;
    const variables = () => ({ input: { ...input(), idempotencyKey: `again ${name}` } });
    const first = await server.request(query, variables());
    const before = await server.countRecords();
    expect(await server.request(query, variables())).toEqual(first);
    expect(await server.countRecords()).toEqual(before);
  });

  test('makes one record, however many ask at the same time', async () => {
    const before = await server.countRecords();
    const answers = await Promise.all(Array.from({ length: 10 }, () => server.request(TRAIN, train('at once'))));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    const after = await server.countRecords();
    expect(after['public.training_runs']).toBe(before['public.training_runs'] + 1);
    expect(after['pgboss.job']).toBe(before['pgboss.job'] + 2);
  });

  test('does not care about the order of fields, nor about defaults that are spelt out', async () => {
    const { input } = train('order');
    const first = await server.request(TRAIN, { input });
    const reversed = Object.fromEntries(Object.entries({ ...input, epochs: 2000, loss: 'MSE' }).reverse());
    expect(await server.request(TRAIN, { input: reversed })).toEqual(first);
  });

  test('tells a token’s secret once only', async () => {
    const query = `mutation { made: createApiToken(input: { name: "t", role: READER, idempotencyKey: "token" }) { secret token { id } } }`;
    interface Made {
      readonly made: { readonly secret: string | null; readonly token: { readonly id: string } };
    }
    const { made } = await server.request<Made>(query);
    expect(made.secret).toMatch(/^natrium_/);
    expect(await server.request<Made>(query)).toEqual({ made: { secret: null, token: made.token } });
    expect(await server.sql('SELECT * FROM idempotency_keys k WHERE strpos(k::text, $1) > 0', [made.secret])).toEqual(
      [],
    );
  });
});

describe('the same key with other input', () => {
  test('is a conflict and writes nothing', async () => {
    await server.request(CREATE_DATASET, dataset('conflict', 'conflict'));
    const error = await refusal(server, CREATE_DATASET, dataset('conflict-2', 'conflict'));
    expect(error.code).toBe('IDEMPOTENCY_CONFLICT');
    expect(error.message).toMatch(/"conflict" was used before for createDataset with other input; use a new key/);
  });

  test('is a conflict in one field already', async () => {
    await server.request(TRAIN, train('one field'));
    const error = await refusal(server, TRAIN, train('one field', { learningRate: 0.011 }));
    expect(error).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  });

  test('is a conflict between mutations', async () => {
    await server.request(CREATE_DATASET, dataset('between', 'between'));
    expect(await refusal(server, TRAIN, train('between'))).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  });

  test('is a conflict for all but one, when many ask at the same time', async () => {
    const before = await server.countRecords();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => server.ask(CREATE_DATASET, dataset(`rival-${i}`, 'rivals'))),
    );
    const codes = answers.map(({ errors }) => errors?.[0].extensions.code ?? 'made').sort();
    expect(codes).toEqual([...Array(7).fill('IDEMPOTENCY_CONFLICT'), 'made']);
    expect((await server.countRecords())['public.datasets']).toBe(before['public.datasets'] + 1);
  });
});

describe('a key', () => {
  test('belongs to the token that used it', async () => {
    const headers = [];
    for (const name of ['first', 'second']) {
      const { made } = await server.request<{ made: { secret: string } }>(
        `mutation ($name: String!) { made: createApiToken(input: { name: $name, role: CONTRIBUTOR }) { secret } }`,
        { name },
      );
      headers.push({ authorization: `Bearer ${made.secret}` });
    }
    const ids = [];
    for (const each of [...headers, {}]) {
      const { trainSchNet } = await server.request<{ trainSchNet: { id: string } }>(TRAIN, train('shared'), each);
      ids.push(trainSchNet.id);
    }
    expect(new Set(ids).size).toBe(3);
    expect(await errorOf(server, TRAIN, train('shared', { epochs: 3 }), headers[1])).toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    });
  });

  test('is free again after a mutation that failed', async () => {
    const failed = await refusal(server, TRAIN, train('after failure', { datasetVersion: 'nowhere/1' }));
    expect(failed.code).toBe('NOT_FOUND');
    expect(await server.sql(`SELECT 1 FROM idempotency_keys WHERE key = 'after failure'`)).toEqual([]);
    await server.request(TRAIN, train('after failure'));
  });

  test('is kept for 7 days', async () => {
    const first = await server.request(TRAIN, train('old'));
    const age = (days: string) =>
      server.sql(`UPDATE idempotency_keys SET created_at = now() - $1::interval WHERE key = 'old'`, [days]);
    await age('6 days 23 hours');
    expect(await server.request(TRAIN, train('old'))).toEqual(first);
    await age('7 days 1 minute');
    expect(await server.request(TRAIN, train('old'))).not.toEqual(first);
  });

  test.each([
    ['empty', ''],
    ['too long', 'k'.repeat(201)],
    ['with a NUL', 'a\0'],
  ])('that is %s is refused', async (_, key) => {
    const error = await refusal(server, CREATE_DATASET, dataset('never', key));
    expect(error.code).toBe('BAD_USER_INPUT');
    expect(error.message).toMatch(/idempotency ?key/i);
  });

  test('guards a rejected import too', async () => {
    const input = { fileName: 'b', content: frame({ id: 'rejected', sigma: ['nan', 1] }), idempotencyKey: 'rejected' };
    const first = await server.request(IMPORT_CALCULATIONS, { input });
    expect(await server.request(IMPORT_CALCULATIONS, { input })).toEqual(first);
  });
});
