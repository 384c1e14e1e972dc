import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDataset, createVersion, errorOf, importCalculations } from '../support/api.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { importSyntheticDataset, SMALL_SPLIT, syntheticClusters } from '../support/synthetic-clusters.ts';
import { trainSyntheticModels } from '../support/synthetic-models.ts';
import { runEnded, trainLasso } from '../support/training.ts';

interface Member {
  readonly id: string;
  readonly givenSplit: 'TRAIN' | 'VALIDATION' | 'TEST';
  readonly cluster: { readonly id: string; readonly size: number };
}

let turnedCopy: string;
let server: TestServer;
/** Calculations of main/1 in order. */
let main: readonly Member[];

async function members(datasetVersion: string): Promise<readonly Member[]> {
  const answer = await server.request<{ of: { calculations: { nodes: Member[] } } }>(
    `query ($of: String!) { of: datasetVersion(datasetVersion: $of) {
      calculations(first: 200) { nodes { id givenSplit cluster { id size } } }
    } }`,
    { of: datasetVersion },
  );
  return answer.of.calculations.nodes;
}

const idsIn = (list: readonly Member[], split: string) =>
  list.filter(({ givenSplit }) => givenSplit === split).map(({ id }) => id);

/** Version 1 of a new data set with these calculations, in that order. */
async function freeze(dataset: string, train: string[], validation: string[], test: string[]): Promise<void> {
  await createDataset(server, dataset);
  const calculations = [...train, ...validation, ...test];
  await createVersion(server, { dataset, calculations, split: { byList: { train, validation, test } } });
}

async function trained(model: string, datasetVersion: string): Promise<void> {
  const run = await trainLasso(server, { model, datasetVersion, featureSet: 'cn', alphas: [0.1] });
  expect(await runEnded(server, run)).toMatchObject({ state: 'SUCCEEDED' });
}

async function evaluate(modelVersion: string, datasetVersion: string): Promise<void> {
  await server.request(`mutation ($input: EvaluateModelVersionInput!) { evaluateModelVersion(input: $input) { id } }`, {
    input: { modelVersion, datasetVersion, split: 'TEST' },
  });
}

/** The calculations with their atoms in another frame, in another order. */
function turned(content: string): string {
  const lines = content.trimEnd().split('\n');
  const frames: string[] = [];
  while (lines.length > 0) {
    const size = Number(lines[0]);
    const [count, comment, ...atoms] = lines.splice(0, size + 2);
    const rows = atoms.map((row) => {
      const [element, x, y, z, ...rest] = row.split(' ');
      return [element, -Number(y), Number(x), Number(z), ...rest].join(' ');
    });
    frames.push([count, comment.replaceAll('id=synthetic', 'id=turned'), ...rows.reverse()].join('\n'));
  }
  return `${frames.join('\n')}\n`;
}

beforeAll(async () => {
  server = await startTestServer();
  await trainSyntheticModels(server);
  main = await members('main/1');
  await server.request(`mutation { setModelAlias(input: { modelVersion: "cn/2", alias: "champion" }) { id } }`);

  // the same calculations in another order, and a model trained on them
  const reversed = [...main].reverse();
  await freeze('reversed', idsIn(reversed, 'TRAIN'), idsIn(reversed, 'VALIDATION'), idsIn(reversed, 'TEST'));
  await trained('reversed', 'reversed/1');

  // other clusters at the same level, and the same clusters at another one
  await trained('others', await importSyntheticDataset(server, 'others', { clusters: SMALL_SPLIT, seed: 3 }));
  const elsewhere = syntheticClusters({ clusters: SMALL_SPLIT, seed: 1 }).replaceAll(
    'program=synthetic',
    'program=other',
  );
  const { sourceSha256 } = await importCalculations(server, elsewhere);
  await createDataset(server, 'elsewhere');
  const filter = { sourceSha256: { equals: sourceSha256 } };
  await createVersion(server, { dataset: 'elsewhere', filter, split: { asGiven: true } });
  await trained('elsewhere', 'elsewhere/1');

  // a test set of which two clusters are in the training split of main/1, one as it is and one turned, and one in its validation split
  const { items } = await importCalculations(
    server,
    turned(syntheticClusters({ clusters: SMALL_SPLIT, seed: 1, populations: true })),
  );
  const [first, second] = await members('others/1');
  turnedCopy = items[1].calculation!.id;
  const known = [main[0].id, turnedCopy, main[8].id, main[11].id];
  await freeze('leaky', [first.id], [second.id], known);
  await evaluate('cn/1', 'leaky/1');
  await evaluate('others/1', 'leaky/1');

  // one cluster to test on
  await freeze('single', idsIn(main, 'TRAIN'), idsIn(main, 'VALIDATION'), [main[11].id]);
  for (const version of ['cn/1', 'cn/2']) await evaluate(version, 'single/1');
});
afterAll(() => server?.dispose());

const DIFFERENCE = '{ value low high moreThanNoise undefinedResamples }';
const METRICS = `metrics {
  metric lowerIsBetter best { reference } bestIsMoreThanNoise verdict
  versions {
    modelVersion { reference } value low high undefinedResamples
    differenceToBaseline ${DIFFERENCE} differenceToBest ${DIFFERENCE}
  }
}`;
const LEAKAGE = `leakage {
  modelVersion { reference } count validationCount
  clusters(first: 200) { totalCount nodes { split by cluster { id } matchingCluster { id } } }
}`;

type Numbers = { readonly value: number | null; readonly low: number | null; readonly high: number | null };
type Difference = Numbers & { readonly moreThanNoise: boolean };

interface Metric {
  readonly metric: string;
  readonly lowerIsBetter: boolean;
  readonly best: { readonly reference: string } | null;
  readonly bestIsMoreThanNoise: boolean;
  readonly verdict: string;
  readonly versions: readonly (Numbers & {
    readonly modelVersion: { readonly reference: string };
    readonly differenceToBaseline: Difference;
    readonly differenceToBest: Difference;
  })[];
}

interface Leakage {
  readonly count: number;
  readonly validationCount: number;
  readonly clusters: {
    readonly totalCount: number;
    readonly nodes: readonly {
      readonly split: string;
      readonly by: string;
      readonly cluster: { readonly id: string };
      readonly matchingCluster: { readonly id: string };
    }[];
  };
}

const query = (fields: string) => `query (
  $modelVersions: [String!]!, $split: Split! = TEST, $datasetVersion: String, $baseline: String,
  $resamples: Int! = 200, $seed: Int! = 0, $confidence: Float! = 0.95
) {
  comparison: compareModelVersions(
    modelVersions: $modelVersions, split: $split, datasetVersion: $datasetVersion, baseline: $baseline,
    resamples: $resamples, seed: $seed, confidence: $confidence
  ) { ${fields} }
}`;

async function compare<T>(modelVersions: readonly string[], fields: string, input: object = {}): Promise<T> {
  return (await server.request<{ comparison: T }>(query(fields), { modelVersions, ...input })).comparison;
}

const refused = (modelVersions: readonly string[], input: object = {}, fields = METRICS) =>
  errorOf(server, query(fields), { modelVersions, ...input });

describe('side by side', () => {
  const VERSIONS = ['schnet/1', 'gop/1', 'cn/2'];

  test('versions are in bins of 10 ppm that all share, or in others', async () => {
    const { split, datasetVersion, evaluations, histogram, wide } = await compare<{
      split: string;
      datasetVersion: { reference: string };
      evaluations: { modelVersion: { reference: string }; calculatedPpm: number[]; predictedPpm: number[] }[];
      histogram: { edgesPpm: number[]; series: { name: string; counts: number[] }[] };
      wide: { edgesPpm: number[] };
    }>(
      VERSIONS,
      `split datasetVersion { reference }
       evaluations { modelVersion { reference } calculatedPpm predictedPpm }
       histogram { edgesPpm series { name counts } } wide: histogram(binWidthPpm: 50) { edgesPpm }`,
    );
    expect({ split, datasetVersion }).toEqual({ split: 'TEST', datasetVersion: { reference: 'main/1' } });
    expect(evaluations.map(({ modelVersion }) => modelVersion.reference)).toEqual(VERSIONS);
    for (const { calculatedPpm } of evaluations) expect(calculatedPpm).toEqual(evaluations[0].calculatedPpm);
    expect(wide.edgesPpm[1] - wide.edgesPpm[0]).toBe(50);

    const columns = [evaluations[0].calculatedPpm, ...evaluations.map(({ predictedPpm }) => predictedPpm)];
    const all = columns.flat();
    const first = Math.floor(Math.min(...all) / 10) * 10;
    const last = Math.floor(Math.max(...all) / 10) * 10 + 10;
    const edges = Array.from({ length: (last - first) / 10 + 1 }, (_, i) => first + 10 * i);
    expect(histogram.edgesPpm).toEqual(edges);
    expect(histogram.series).toEqual(
      ['calculated', ...VERSIONS].map((name, k) => ({
        name,
        counts: edges.slice(0, -1).map((edge) => columns[k].filter((x) => x >= edge && x < edge + 10).length),
      })),
    );
  });

  test('metrics are those of the evaluations, with differences to the baseline and to the best', async () => {
    const { metrics, evaluations, baseline, clusters, atoms, verdict } = await compare<{
      metrics: Metric[];
      evaluations: { metrics: Record<string, number> }[];
      baseline: { reference: string };
      clusters: number;
      atoms: number;
      verdict: string;
    }>(
      VERSIONS,
      `${METRICS} evaluations { metrics { rmsePpm maePpm biasPpm r2 pearson spearman } }
       baseline { reference } clusters atoms verdict`,
      { baseline: 'gop/1' },
    );
    expect({ baseline, clusters, atoms }).toEqual({ baseline: { reference: 'gop/1' }, clusters: 2, atoms: 17 });
    const names = {
      RMSE: 'rmsePpm',
      MAE: 'maePpm',
      BIAS: 'biasPpm',
      R2: 'r2',
      PEARSON: 'pearson',
      SPEARMAN: 'spearman',
    };
    for (const [metric, field] of Object.entries(names)) {
      const found = metrics.find((each) => each.metric === metric)!;
      expect(found.versions.map(({ value }) => value)).toEqual(evaluations.map((each) => each.metrics[field]));
      const score = (value: number) => (metric === 'BIAS' ? Math.abs(value) : value);
      const scores = evaluations.map((each) => score(each.metrics[field]));
      const best = scores.indexOf(found.lowerIsBetter ? Math.min(...scores) : Math.max(...scores));
      expect(found.best!.reference).toBe(VERSIONS[best]);
      expect(found.verdict).toContain(VERSIONS[best]);
      found.versions.forEach(({ differenceToBaseline, differenceToBest }, v) => {
        expect(differenceToBaseline.value).toBeCloseTo(scores[v] - scores[1], 12);
        expect(differenceToBest.value).toBeCloseTo(scores[v] - scores[best], 12);
      });
    }
    expect(verdict).toContain(metrics[0].verdict);
    expect(verdict).toContain('Intervals over 2 clusters are rough, and as a rule too narrow.');
  });

  test('the same request has the same answer, another seed or confidence other intervals', async () => {
    const ask = (input: object) => compare<{ metrics: Metric[] }>(VERSIONS, METRICS, { split: 'VALIDATION', ...input });
    const first = await ask({ seed: 7 });
    expect(await ask({ seed: 7 })).toEqual(first);
    const bounds = ({ metrics }: { metrics: Metric[] }) => metrics.map(({ versions: [{ low, high }] }) => [low, high]);
    expect(bounds(await ask({ seed: 8 }))).not.toEqual(bounds(first));
    expect(bounds(await ask({ seed: 7, confidence: 0.6 }))).not.toEqual(bounds(first));
  });

  test('sizes, the atoms that got worst, and distances', async () => {
    const found = await compare<{
      sizes: { size: number; clusters: number; atoms: number; versions: { rmsePpm: number }[] }[];
      evaluations: { calculatedPpm: number[]; predictedPpm: number[] }[];
      worstAtoms: {
        totalCount: number;
        nodes: { growthPpm: number; calculatedPpm: number; residualsPpm: number[]; atom: { shieldingPpm: number } }[];
      };
      distances: { names: string[]; kolmogorovSmirnov: number[][]; wasserstein1Ppm: number[][] };
      metrics: Metric[];
    }>(
      ['cn/1', 'cn/2'],
      `sizes { size clusters atoms versions { modelVersion { reference } rmsePpm } }
       evaluations { calculatedPpm predictedPpm } ${METRICS}
       worstAtoms(first: 200) { totalCount nodes { growthPpm calculatedPpm residualsPpm atom { index shieldingPpm } } }
       distances { names kolmogorovSmirnov wasserstein1Ppm }`,
    );
    expect(found.sizes).toMatchObject([
      { size: 8, clusters: 1, atoms: 8 },
      { size: 9, clusters: 1, atoms: 9 },
    ]);
    const residuals = found.evaluations.map(({ calculatedPpm, predictedPpm }) =>
      predictedPpm.map((value, i) => value - calculatedPpm[i]),
    );
    const growth = residuals[1]
      .map((value, i) => Math.abs(value) - Math.abs(residuals[0][i]))
      .filter((each) => each > 0);
    expect(found.worstAtoms.totalCount).toBe(growth.length);
    expect(found.worstAtoms.nodes.map((each) => each.growthPpm)).toEqual(growth.sort((a, b) => b - a));
    for (const { atom, calculatedPpm } of found.worstAtoms.nodes) expect(atom.shieldingPpm).toBe(calculatedPpm);
    const { names, wasserstein1Ppm, kolmogorovSmirnov } = found.distances;
    expect(names).toEqual(['calculated', 'cn/1', 'cn/2']);
    const byMetric = Object.fromEntries(found.metrics.map((each) => [each.metric, each]));
    [0, 1].forEach((v) => {
      expect(wasserstein1Ppm[0][v + 1]).toBe(byMetric.WASSERSTEIN1.versions[v].value);
      expect(kolmogorovSmirnov[v + 1][0]).toBe(byMetric.KOLMOGOROV_SMIRNOV.versions[v].value);
    });
  });
});

describe('the same atoms', () => {
  test('of two data set versions in different orders are put into one', async () => {
    const { evaluations, metrics } = await compare<{
      evaluations: { calculatedPpm: number[]; calculations: { id: string }[]; datasetVersion: { reference: string } }[];
      metrics: Metric[];
    }>(
      ['cn/1', 'reversed/1'],
      `evaluations { calculatedPpm calculations { id } datasetVersion { reference } } ${METRICS}`,
    );
    const [first, second] = evaluations;
    expect(evaluations.map(({ datasetVersion }) => datasetVersion.reference)).toEqual(['main/1', 'reversed/1']);
    expect(first.calculations.map(({ id }) => id)).toEqual(idsIn(main, 'TEST'));
    expect(second.calculations).toEqual(first.calculations);
    expect(second.calculatedPpm).toEqual(first.calculatedPpm);
    expect(metrics[0].versions[1].low).not.toBeNull();
  });

  test('a version with itself, by whatever name, differs by nothing, and the verdict says why', async () => {
    const { metrics, verdict } = await compare<{ metrics: Metric[]; verdict: string }>(
      ['cn/2', 'cn@champion', 'cn/2'],
      `${METRICS} verdict`,
    );
    for (const { versions, bestIsMoreThanNoise } of metrics) {
      expect(versions).toHaveLength(3);
      expect(bestIsMoreThanNoise).toBe(false);
      for (const { modelVersion, differenceToBaseline } of versions) {
        expect(modelVersion.reference).toBe('cn/2');
        expect(differenceToBaseline).toMatchObject({ value: 0, low: 0, high: 0, moreThanNoise: false });
      }
    }
    expect(verdict).toContain('There is no other version to compare it with.');
    expect(verdict).toContain('cn/2 and cn@champion are the same version, cn/2, and differ by nothing.');
  });

  test('of one cluster have values, but no intervals', async () => {
    const { metrics, verdict } = await compare<{ metrics: Metric[]; verdict: string }>(
      ['cn/1', 'cn/2'],
      `${METRICS} verdict`,
      { datasetVersion: 'single/1' },
    );
    for (const { low, high, value, differenceToBaseline } of metrics.flatMap(({ versions }) => versions)) {
      expect(value).not.toBeNull();
      expect([low, high, differenceToBaseline.low, differenceToBaseline.moreThanNoise]).toEqual([
        null,
        null,
        null,
        false,
      ]);
    }
    expect(verdict).toContain('One cluster alone tells nothing about noise.');
  });
});

describe('leakage', () => {
  test('is found by identity and by fingerprint, in training and in validation', async () => {
    const { leakage, verdict } = await compare<{ leakage: Leakage[]; verdict: string }>(
      ['cn/1', 'others/1'],
      `${LEAKAGE} verdict`,
      { datasetVersion: 'leaky/1' },
    );
    const copy = (await members('leaky/1')).find(({ id }) => id === turnedCopy)!;
    expect(leakage[0]).toMatchObject({ count: 2, validationCount: 1, clusters: { totalCount: 3 } });
    const cluster = (of: Member) => of.cluster.id;
    expect(leakage[0].clusters.nodes).toEqual(
      expect.arrayContaining([
        {
          split: 'TRAIN',
          by: 'IDENTITY',
          cluster: { id: cluster(main[0]) },
          matchingCluster: { id: cluster(main[0]) },
        },
        {
          split: 'TRAIN',
          by: 'FINGERPRINT',
          cluster: { id: cluster(copy) },
          matchingCluster: { id: cluster(main[1]) },
        },
        {
          split: 'VALIDATION',
          by: 'IDENTITY',
          cluster: { id: cluster(main[8]) },
          matchingCluster: { id: cluster(main[8]) },
        },
      ]),
    );
    expect(leakage[1]).toMatchObject({ count: 0, validationCount: 0, clusters: { nodes: [] } });
    expect(verdict).toContain('Leakage: of the 4 clusters cn/1 was trained on 2 and validated on 1.');
  });

  test('stands at an evaluation too; one of the own test split has none, of validation all', async () => {
    const { modelVersion } = await server.request<{
      modelVersion: { evaluations: { split: string; datasetVersion: { reference: string }; leakage: Leakage }[] };
    }>(`{ modelVersion(modelVersion: "cn/1") {
      evaluations { split datasetVersion { reference } leakage { count validationCount clusters(first: 1, split: TRAIN) { totalCount } } }
    } }`);
    const counts = modelVersion.evaluations.map(({ split, datasetVersion, leakage }) => [
      `${datasetVersion.reference} ${split}`,
      [leakage.count, leakage.validationCount, leakage.clusters.totalCount],
    ]);
    expect(Object.fromEntries(counts)).toMatchObject({
      'main/1 TEST': [0, 0, 0],
      'main/1 VALIDATION': [0, 3, 0],
      'leaky/1 TEST': [2, 1, 2],
    });
  });
});

describe('refuses', () => {
  test('other atoms, with their number', async () => {
    expect(await refused(['cn/1', 'gop/1', 'others/1'])).toMatchObject({
      code: 'NOT_COMPARABLE',
      message: expect.stringMatching(
        /cn\/1 was on test of main\/1, 17 atoms in 2 clusters; others\/1, evaluated on test of others\/1, lacks 17 atoms in 2 clusters of them and has 17 atoms/,
      ),
    });
  });

  test('other levels of theory, of the data or of the training', async () => {
    expect(await refused(['cn/1', 'elsewhere/1'])).toMatchObject({
      code: 'MIXED_LEVELS_OF_THEORY',
      message: expect.stringMatching(
        /cn\/1 was trained at synthetic 1 formula\/none and evaluated at synthetic 1 formula\/none; elsewhere\/1 was trained at other 1 /,
      ),
    });
    await evaluate('elsewhere/1', 'main/1');
    expect(await refused(['cn/1', 'elsewhere/1'], { datasetVersion: 'main/1' })).toMatchObject({
      code: 'MIXED_LEVELS_OF_THEORY',
      message: expect.stringContaining('elsewhere/1 was trained at other 1 formula/none and evaluated at synthetic 1'),
    });
  });

  test('versions that were not evaluated there, too few or too many, and a baseline that is not among them', async () => {
    expect(await refused(['cn/2'], { split: 'TRAIN' })).toMatchObject({
      code: 'NOT_FOUND',
      message: 'cn/2 has not been evaluated on train of main/1; run evaluateModelVersion first',
    });
    expect(await refused([])).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await refused(Array(51).fill('cn/1'))).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await refused(['cn/1'], { baseline: 'cn/2' })).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('not among modelVersions'),
    });
    expect(await refused(['cn/1'], {}, 'worstAtoms(first: 1, modelVersion: "cn/2") { totalCount }')).toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });

  test.each([{ resamples: 99 }, { resamples: 10_001 }, { confidence: 0.4999 }, { confidence: 1 }, { seed: -1 }])(
    'settings out of range: %j',
    async (input) => {
      const [name] = Object.keys(input);
      expect(await refused(['cn/1', 'cn/2'], input)).toMatchObject({
        code: 'BAD_USER_INPUT',
        message: expect.stringMatching(new RegExp(`^${name} is`)),
      });
    },
  );
});
