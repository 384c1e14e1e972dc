import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ApiServer,
  createDataset,
  createVersion,
  frame,
  importCalculations,
  refusal,
  startApiServer,
} from '../support/api.ts';
import {
  changeStudy,
  RUN_STUDY,
  readStudy,
  runStudy,
  type StudyAnswer,
  studyEnded,
  studyWhen,
} from '../support/studies.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';

const MINUTES = 60_000;
const QUICK = { epochs: 2, seeds: [1] };

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer({ workers: 1 });
  await importSyntheticDataset(server, 'full', { clusters: SMALL_SPLIT, seed: 1, populations: true });
  await importSyntheticDataset(server, 'bare', { clusters: SMALL_SPLIT, seed: 2 });
});
afterAll(() => server?.dispose());

interface Finding {
  readonly claim: string;
  readonly verdict: string;
  readonly reason: string | null;
  readonly numbers: readonly { readonly name: string; readonly value: number }[];
}

async function findingsOf({ id }: StudyAnswer): Promise<readonly Finding[]> {
  const { study } = await server.request<{ study: { findings: Finding[] } }>(
    'query ($id: ID!) { study(id: $id) { findings { claim verdict criterion reason numbers { name value unit } } } }',
    { id },
  );
  return study.findings;
}

function figureOf(html: string, number: number): string {
  return new RegExp(`<figure id="figure-${number}".*?</figure>`, 's').exec(html)![0];
}

/** The queries that a report shows, as it would send them. */
function queriesOf(html: string): { query: string; variables: object }[] {
  const plain = (text: string) =>
    text
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&');
  return [...html.matchAll(/<pre class="query">(.*?)<\/pre>.*?<pre class="variables">(.*?)<\/pre>/gs)].map(
    ([, query, variables]) => ({
      query: plain(query),
      variables: JSON.parse(plain(variables)),
    }),
  );
}

describe('a study of data with populations', () => {
  let study: StudyAnswer;
  let html: string;
  beforeAll(async () => {
    const before = await server.countRecords();
    const queued = await runStudy(server, { datasetVersion: 'full/1', ...QUICK });
    const after = await server.countRecords();
    expect(after['public.training_runs'] - before['public.training_runs']).toBe(10);
    expect(after['public.trials'] - before['public.trials']).toBe(10);
    study = await studyEnded(server, queued.id);
    html = await (await fetch(study.reportUrl)).text();
  }, 4 * MINUTES);

  test('trains the grid of ten', () => {
    expect(study.state).toBe('SUCCEEDED');
    expect(study.settings).toMatchObject({ ...QUICK, alphas: expect.arrayContaining([1e-5, 1e5]) });
    expect(study.progress).toEqual({ step: 6 * 11 + 4 * 2, steps: 6 * 11 + 4 * 2, secondsLeft: null });
    const grid = ['lasso-cn', 'lasso-gop', 'lasso-cn-gop', 'schnet-mse', 'schnet-distribution'].flatMap((name) =>
      ['direct', 'transformed'].map((target) => `full-1-${name}-${target}`),
    );
    expect(study.parts.map(({ name }) => name)).toEqual(grid);
    expect(study.parts.map(({ modelVersion }) => modelVersion!.reference)).toEqual(grid.map((name) => `${name}/1`));
    expect(study.parts.map(({ paperRmsePpm }) => paperRmsePpm)).toEqual([
      37.6,
      null,
      35.1,
      null,
      34.9,
      null,
      35.2,
      35.2,
      null,
      null,
    ]);
    const features = study.parts.map(({ trainingRun }) => trainingRun!.featureSet);
    expect(features.map((each) => each?.reference)).toEqual([
      ...['cn/1', 'cn/1', 'gop/1', 'gop/1', 'cn-gop/1', 'cn-gop/1'],
      ...Array(4).fill(undefined),
    ]);
    // the data have no other populations than these two
    expect(features[2]!.featureNames).toEqual(['GOP(3S)', 'GOP(3PX)']);
    expect(features[4]!.featureNames).toHaveLength(92);
    expect(study.largestTestCluster.size).toBe(9);
  });

  test('is answered as it is when it is asked for again, and is another one with other settings', async () => {
    const before = await server.countRecords();
    expect(await runStudy(server, { datasetVersion: 'full/1', ...QUICK })).toEqual(study);
    expect(await server.countRecords()).toEqual(before);
    const other = await runStudy(server, { datasetVersion: 'full/1', ...QUICK, alphas: [0.1] });
    expect(other.id).not.toBe(study.id);
    await changeStudy(server, 'cancelStudy', other.id);
    const { studies } = await server.request<{ studies: { nodes: object[] } }>(
      `query ($version: ID!) { studies(first: 10, filter: { datasetVersionId: { equals: $version } }) { nodes { id } } }`,
      { version: btoa('DatasetVersion:1') },
    );
    expect(studies.nodes).toEqual([{ id: study.id }, { id: other.id }]);
  });

  test('has findings with the numbers of its evaluations', async () => {
    const findings = await findingsOf(study);
    expect(findings).toHaveLength(14);
    for (const { claim, verdict, reason } of findings) {
      expect(verdict, claim).toMatch(/^(HOLDS|DOES_NOT_HOLD|CANNOT_BE_TESTED)$/);
      expect(verdict === 'CANNOT_BE_TESTED', claim).toBe(reason !== null);
    }
    const { modelVersion } = await server.request<{
      modelVersion: { evaluations: { split: string; metrics: { rmsePpm: number } }[] };
    }>(`{ modelVersion(modelVersion: "full-1-lasso-cn-direct/1") { evaluations { split metrics { rmsePpm } } } }`);
    const rmse = modelVersion.evaluations.find(({ split }) => split === 'TEST')!.metrics.rmsePpm;
    const order = findings.find(({ claim }) => /worse than SchNet/.test(claim))!;
    expect(order.numbers[0]).toMatchObject({ name: 'RMSE of lasso-cn-direct', value: expect.closeTo(rmse, 9) });
    // the clusters have no 3PY
    expect(findings.find(({ claim }) => /^The 3S population/.test(claim))).toMatchObject({
      verdict: 'CANNOT_BE_TESTED',
      reason: expect.stringMatching(/not every atom has a population of 3PY, 3PZ/),
    });
  });

  test('has a report that answers under a policy without scripts', async () => {
    const response = await fetch(study.reportUrl);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/html; charset=utf-8/);
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'unsafe-inline'; .*frame-ancestors 'none'/,
    );
    expect(html).not.toMatch(/<script|<link|<img|src=|@import/);
    expect(html).toContain('synthetic 1, formula/none');
    for (const number of [1, 3, 4, 5, 6, 7]) expect(figureOf(html, number), `figure ${number}`).toContain('<svg ');
    expect(figureOf(html, 2)).toContain('cannot be drawn for this data: calculation ');
    expect(html.match(/<tr><th scope="row">.*?<td>\d+\.\d\d<\/td>/g)!.length).toBe(11);
  });

  test('has a report whose every query the API answers', async () => {
    const queries = queriesOf(html);
    expect(queries).toHaveLength(8);
    for (const { query, variables } of queries) {
      const { data, errors } = await server.ask(query, variables);
      if (query.includes('populationLabels')) expect(errors![0].extensions.code).toBe('FEATURES_UNAVAILABLE');
      else expect([errors, data], query).toEqual([undefined, expect.anything()]);
    }
  });

  test('has a report for those who may read only', async () => {
    const status = async (authorization: string, url = study.reportUrl) =>
      (await fetch(url, { headers: { authorization } })).status;
    expect(await status('Bearer natrium_wrong')).toBe(401);
    const { made } = await server.request<{ made: { secret: string } }>(
      `mutation { made: createApiToken(input: { name: "reader", role: READER }) { secret } }`,
    );
    expect(await status(`Bearer ${made.secret}`)).toBe(200);
    const unknown = `${server.url}/studies/${btoa('Study:999')}/report.html`;
    expect(await status(`Bearer ${made.secret}`, unknown)).toBe(404);
    expect(await status(`Bearer ${made.secret}`, `${server.url}/studies/nonsense/report.html`)).toBe(404);
  });

  test('can be neither cancelled nor resumed once it has succeeded', async () => {
    for (const [mutation, says] of [
      ['cancelStudy', /it has succeeded already/],
      ['resumeStudy', /no training of the study has failed or was cancelled/],
    ] as const) {
      const query = `mutation ($study: ID!) { ${mutation}(input: { study: $study }) { id } }`;
      expect(await refusal(server, query, { study: study.id })).toMatchObject({
        code: 'INVALID_STATE',
        message: expect.stringMatching(says),
      });
    }
  });
});

test('a study of data without populations leaves four trainings out, goes on after it was cancelled, and reports', {
  timeout: 5 * MINUTES,
}, async () => {
  const queued = await runStudy(server, { datasetVersion: 'bare/1', epochs: 40, seeds: [1, 2], priority: -3 });
  const leftOut = queued.parts.filter((part) => part.leftOut !== null);
  expect(leftOut.map(({ features, trainingRun }) => [features, trainingRun])).toEqual([
    ...[
      ['GOP', null],
      ['GOP', null],
      ['CN_GOP', null],
      ['CN_GOP', null],
    ],
  ]);
  for (const part of leftOut) expect(part.leftOut).toBe('no calculation of the data has gross orbital populations');
  expect(queued.progress.steps).toBe(2 * 11 + 4 * 2 * 40);
  const { jobs } = await server.request<{ jobs: { totalCount: number } }>(
    '{ jobs(first: 1, filter: { kind: { equals: TRIAL }, priority: { equals: -3 } }) { totalCount } }',
  );
  expect(jobs.totalCount).toBe(2 + 4 * 2);

  await studyWhen(server, queued.id, 'under way', ({ parts }) =>
    parts.some(({ kind, trainingRun }) => kind === 'SCHNET' && trainingRun!.state === 'RUNNING'),
  );
  await changeStudy(server, 'cancelStudy', queued.id);
  // a training that has its version is still evaluated
  const cancelled = await studyEnded(server, queued.id);
  expect(cancelled.state).toBe('CANCELLED');
  expect(cancelled.progress.step).toBeLessThan(cancelled.progress.steps);
  expect((await changeStudy(server, 'cancelStudy', queued.id)).state).toBe('CANCELLED');
  const stopped = await (await fetch(queued.reportUrl)).text();
  expect(stopped).toMatch(/This study is not complete: it was cancelled, with [\d,]+ of 342 steps done/);
  expect(stopped).toContain('(cancelled by local admin)');
  const ofSchNet = (await findingsOf(queued)).filter(({ claim }) => /SchNet|mean squared error/.test(claim));
  expect(ofSchNet).toHaveLength(7);
  for (const { claim, verdict } of ofSchNet) expect(verdict, claim).toBe('CANNOT_BE_TESTED');

  expect((await changeStudy(server, 'resumeStudy', queued.id)).state).toMatch(/^(QUEUED|RUNNING)$/);
  const ended = await studyEnded(server, queued.id);
  expect(ended.state).toBe('SUCCEEDED');
  expect(ended.progress.step).toBe(ended.progress.steps);
  const kept = (study: StudyAnswer) => study.parts.map(({ trainingRun }) => trainingRun?.id);
  expect(kept(ended)).toEqual(kept(queued));
  const html = await (await fetch(queued.reportUrl)).text();
  expect(html).toContain(
    '4 of the 10 trainings were left out: no calculation of the data has gross orbital populations.',
  );
  expect(figureOf(html, 2)).toMatch(/cannot be drawn for this data: calculation .* lacks gross orbital populations/);
  expect(figureOf(html, 3).match(/<svg /g)).toHaveLength(4);
  expect(figureOf(html, 5).match(/<svg /g)).toHaveLength(8);
  expect(await readStudy(server, queued.id)).toEqual(ended);
});

/** A data set version of three clusters of this many atoms, one a split, with these shieldings. */
async function threeClusters(name: string, sizes: readonly number[], shieldingPpm: (atom: number) => number) {
  const content = ['train', 'validation', 'test'].map((split, i) =>
    frame({
      positions: Array.from({ length: sizes[i] }, (_, atom) => [3.2 * atom, 0.1 * i, 0.2 * (atom % 2)]),
      elements: Array.from({ length: sizes[i] }, (_, atom) => (atom === 0 ? 'Cl' : 'Na')),
      sigma: Array.from({ length: sizes[i] }, (_, atom) => shieldingPpm(atom)),
      keys: `split=${split}`,
    }),
  );
  const { items } = await importCalculations(server, content.join(''));
  await createDataset(server, name);
  const calculations = items.map(({ calculation }) => calculation!.id);
  return (await createVersion(server, { dataset: name, calculations, split: { asGiven: true } })).reference;
}

test('a study of too few shieldings for a transform leaves the transformed trainings out, and names the nuclei', async () => {
  const datasetVersion = await threeClusters('few', [4, 3, 3], (atom) => 500 + 7 * atom);
  const ended = await studyEnded(server, (await runStudy(server, { datasetVersion, ...QUICK })).id);
  expect(ended.state).toBe('SUCCEEDED');
  const leftOut = ended.parts.filter(
    (part) => part.leftOut !== null && part.features !== 'GOP' && part.features !== 'CN_GOP',
  );
  expect(leftOut.map(({ target }) => target)).toEqual(['TRANSFORMED', 'TRANSFORMED', 'TRANSFORMED']);
  for (const part of leftOut) {
    expect(part.leftOut).toBe(
      'no distribution can be fitted to the training shieldings: there are 4, and it needs at least 5',
    );
  }
  const html = await (await fetch(ended.reportUrl)).text();
  expect(html).toContain('Na, Cl: figures, table and findings take the shieldings of all of them together');
});

describe('a study is refused', () => {
  test('of training shieldings that are all equal', async () => {
    const datasetVersion = await threeClusters('level', [6, 6, 6], () => 600);
    const error = await refusal(server, RUN_STUDY, { input: { datasetVersion } });
    expect(error).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(/nothing to learn from: all 6 are 600 ppm/),
    });
  });

  test.each<readonly [string, object, string, RegExp]>([
    ['of data that are not there', { datasetVersion: 'none/1' }, 'NOT_FOUND', /no data set "none"/],
    ['with an alpha of 0', { datasetVersion: 'full/1', alphas: [1, 0] }, 'INVALID_HYPERPARAMETER', /alpha/],
    ['without alphas', { datasetVersion: 'full/1', alphas: [] }, 'INVALID_HYPERPARAMETER', /alpha/],
    ['without seeds', { datasetVersion: 'full/1', seeds: [] }, 'INVALID_HYPERPARAMETER', /number of seeds is 0/],
    ['with a seed twice', { datasetVersion: 'full/1', seeds: [3, 3] }, 'INVALID_HYPERPARAMETER', /listed twice/],
    ['with a priority of 101', { datasetVersion: 'full/1', priority: 101 }, 'BAD_USER_INPUT', /priority is 101/],
    ['without epochs', { datasetVersion: 'full/1', epochs: 0 }, 'INVALID_HYPERPARAMETER', /epochs is 0/],
  ])('%s', async (_, input, code, says) => {
    expect(await refusal(server, RUN_STUDY, { input })).toMatchObject({ code, message: expect.stringMatching(says) });
  });

  test('of data without a test split', async () => {
    const split = { bySize: { validation: [8, 9], test: [] } };
    const { reference } = await createVersion(server, { dataset: 'full', filter: { size: { atLeast: 7 } }, split });
    const error = await refusal(server, RUN_STUDY, { input: { datasetVersion: reference } });
    expect(error).toMatchObject({ code: 'EMPTY_SPLIT', message: expect.stringMatching(/has no cluster in test/) });
  });
});
