import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../support/postgres.ts';
import { startTestServer, type TestServer, until } from '../support/server.ts';
import { readStoredData, restore, type StoredData, storedDataNames } from '../support/stored-data.ts';
import { answersOf } from '../support/stored-work.ts';
import { runEnded, runUnderWay } from '../support/training.ts';

const PREDICT = `mutation ($modelVersion: String!, $clusters: [ID!]!) {
  predictShieldings(input: { modelVersion: $modelVersion, clusters: $clusters }) { predictions { shieldingsPpm } }
}`;

describe.each(storedDataNames())('what was stored at %s', (name) => {
  let stored: StoredData;
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let server: TestServer;

  beforeAll(async () => {
    stored = readStoredData(name);
    database = await testDatabase();
    const dataFolder = mkdtempSync(join(tmpdir(), 'natrium stored '));
    await restore(stored, database.url, dataFolder);
    server = await startTestServer({ dataFolder, environment: { DATABASE_URL: database.url } });
  });
  afterAll(async () => {
    await server?.dispose();
    await database?.drop();
  });

  test('opens, and answers as it did', async () => {
    const interrupted = { name: 'interrupted', versions: [] };
    expect(stored.answers).toMatchObject({
      models: { models: { nodes: expect.arrayContaining([expect.objectContaining(interrupted)]) } },
    });
    expect(await answersOf(server)).toMatchObject(stored.answers as object);
  });

  test('predicts the same shieldings from the same weights', async () => {
    const { models } = (stored.answers as { models: Answers }).models;
    let compared = 0;
    for (const { reference, evaluations, archiveReason } of models.nodes.flatMap(({ versions }) => versions)) {
      const test = evaluations.find(({ split }) => split === 'TEST');
      if (test === undefined || archiveReason !== null || reference.startsWith('gop')) continue;
      const { datasetVersion } = await server.request<Members>(
        `{ datasetVersion(datasetVersion: "main/1") { calculations(first: 200, split: TEST) { nodes { cluster { id } } } } }`,
      );
      const clusters = datasetVersion.calculations.nodes.map(({ cluster }) => cluster.id);
      const { predictShieldings } = await server.request<Predicted>(PREDICT, { modelVersion: reference, clusters });
      expect(predictShieldings.predictions.flatMap(({ shieldingsPpm }) => shieldingsPpm)).toEqual(test.predictedPpm);
      compared += 1;
    }
    expect(compared).toBeGreaterThan(4);
  });

  test('goes on with the training that was under way', async () => {
    const { trainingRuns } = await server.request<{ trainingRuns: { nodes: { id: string }[] } }>(
      '{ trainingRuns(first: 5, filter: { state: { in: [QUEUED, RUNNING] } }) { nodes { id } } }',
    );
    expect(trainingRuns.nodes).toHaveLength(1);
    const [{ id }] = trainingRuns.nodes;
    await until(async () => /attempt 2\) goes on from its checkpoint/.test(server.output()), 'the second attempt');
    await runUnderWay(server, id);
    await server.request(`mutation ($id: ID!) { cancelTrainingRun(input: { trainingRun: $id }) { id } }`, { id });
    expect(await runEnded(server, id)).toMatchObject({ state: 'CANCELLED', trials: [{ attempt: 2 }] });
  });
});

interface Answers {
  readonly models: {
    readonly nodes: readonly {
      readonly versions: readonly {
        readonly reference: string;
        readonly archiveReason: string | null;
        readonly evaluations: readonly { readonly split: string; readonly predictedPpm: readonly number[] }[];
      }[];
    }[];
  };
}

interface Members {
  readonly datasetVersion: {
    readonly calculations: { readonly nodes: readonly { readonly cluster: { readonly id: string } }[] };
  };
}

interface Predicted {
  readonly predictShieldings: { readonly predictions: readonly { readonly shieldingsPpm: readonly number[] }[] };
}
