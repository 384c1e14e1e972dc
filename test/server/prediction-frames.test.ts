import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDataset, createVersion, importCalculations } from '../support/api.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { runEnded, trainLasso } from '../support/training.ts';

type Positions = readonly (readonly number[])[];

const STANDARD = 'frame="standard orientation"';
const INPUT = 'frame="input orientation"';

/** Four atoms without symmetry; the first two are where rounding to 0.001 Å turns over, if `edge` says so. */
function cluster(k: number, edge = 0): Positions {
  return [
    [0, 0, 0],
    [3.2 + k / 20 + (edge === 0 ? 0 : 0.0005 + edge), 0, 0],
    [0.7, 3.3 + k / 30, 0],
    [0.9, 0.4, -3.9 - k / 40],
  ];
}
const clusters = (from: number) => SPLITS.map((_, k) => cluster(from + k));
const turned = (positions: Positions) => positions.map(([x, y, z]) => [0.6 * x - 0.8 * y, 0.8 * x + 0.6 * y, z]);
/** About two axes, so that no coordinate stays; by angles that take printed distances over rounding edges. */
const rotated = (positions: Positions) =>
  positions.map(([x, y, z]) => {
    const [c, s, d, t] = [Math.cos(0.2), Math.sin(0.2), Math.cos(1.9), Math.sin(1.9)];
    const v = s * x + c * y;
    return [c * x - s * y, d * v - t * z, t * v + d * z];
  });
const reflected = (positions: Positions) => positions.map(([x, y, z]) => [x, y, -z]);
const shifted = (positions: Positions) => positions.map(([x, y, z]) => [x + 1, y - 2, z + 0.25]);
const reordered = (positions: Positions) => [...positions].reverse();

/** With populations that follow the shieldings; everything is invented. */
function calculation(positions: Positions, keys: string, id = 'a', program = 'invented'): string {
  const level = `program=${program} program_version=1 method=none basis=none`;
  const comment = `Properties=species:S:1:pos:R:3:sigma_iso:R:1:gop:R:2 pbc="F F F" gop_labels="3S 3PX" ${level} id=${id} ${keys}`;
  const rows = positions.map((at, i) => {
    const distance = Math.hypot(...at);
    return `Na ${at.join(' ')} ${560 + 5 * distance} ${0.4 + 0.01 * distance} ${0.1 + 0.02 * i}`;
  });
  return `${[positions.length, comment, ...rows].join('\n')}\n`;
}

let server: TestServer;

async function add(positions: Positions, keys: string): Promise<string> {
  const { items } = await importCalculations(server, calculation(positions, keys));
  expect(items[0].error).toBeNull();
  return items[0].cluster!.id;
}

const SPLITS = ['train', 'train', 'train', 'validation', 'test'] as const;

/** The clusters, of which the fourth validates and the fifth tests, train two Lassos; returns what was imported. */
async function trainOn(name: string, clusters: readonly Positions[], keys: string, programs = ['invented']) {
  const content = clusters.map((positions, k) =>
    calculation(positions, `${keys} split=${SPLITS[k] ?? 'train'}`, `${name}-${k}`, programs[k % programs.length]),
  );
  const { items, sourceSha256 } = await importCalculations(server, content.join(''));
  await createDataset(server, name);
  await createVersion(server, {
    ...{ dataset: name, filter: { sourceSha256: { equals: sourceSha256 } }, split: { asGiven: true } },
    allowMixedLevelsOfTheory: true,
  });
  for (const featureSet of ['all', 's-only']) {
    const input = { model: `${name}-${featureSet}`, datasetVersion: `${name}/1`, featureSet, alphas: [0.1] };
    expect(await runEnded(server, await trainLasso(server, input))).toMatchObject({ state: 'SUCCEEDED' });
  }
  return items;
}

beforeAll(async () => {
  server = await startTestServer();
  await server.request(`mutation {
    all: createFeatureSet(input: { name: "all", grossOrbitalPopulations: { labels: ["3S", "3PX"] } }) { id }
    s: createFeatureSet(input: {
      name: "s-only", runningCoordinationNumbers: { radiiAngstrom: [4] }, grossOrbitalPopulations: { labels: ["3S"] }
    }) { id }
  }`);
  await trainOn('standard', clusters(0), STANDARD);
  await trainOn('unnamed', clusters(10), '');
  await trainOn('programs', clusters(20), STANDARD, ['invented', 'other']);
});
afterAll(() => server?.dispose());

const PREDICT = `mutation ($input: PredictShieldingsInput!) {
  answer: predictShieldings(input: $input) {
    predictions { shieldingsPpm warnings { code message } cluster { predictions {
      id shieldingsPpm warnings { code message } modelVersion { reference }
    } } }
  }
}`;

interface Predicted {
  readonly shieldingsPpm: readonly number[];
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

interface Stored extends Predicted {
  readonly id: string;
  readonly modelVersion: { readonly reference: string };
}

async function predict(modelVersion: string, clusters: readonly string[], idempotencyKey: string | null = null) {
  const input = { modelVersion, clusters, idempotencyKey };
  const { answer } = await server.request<{
    answer: { predictions: (Predicted & { readonly cluster: { readonly predictions: readonly Stored[] } })[] };
  }>(PREDICT, { input });
  return answer.predictions;
}

async function codes(modelVersion: string, ...clusters: readonly string[]): Promise<string[][]> {
  const predictions = await predict(modelVersion, clusters);
  return predictions.map(({ warnings }) => warnings.map(({ code }) => code));
}

describe('a prediction by populations that depend on the orientation', () => {
  const OTHER = 'OTHER_FRAME';
  const ARBITRARY = 'ARBITRARY_FRAME';

  test.each<[string, Positions, string, string[]]>([
    ['another cluster in the standard orientation', cluster(30), STANDARD, []],
    ['the test cluster', cluster(4), STANDARD, []],
    ['a training cluster itself', cluster(0), STANDARD, []],
    ['a training cluster at another place', shifted(cluster(0)), STANDARD, []],
    ['a training cluster turned', turned(cluster(0)), STANDARD, [OTHER]],
    ['a training cluster reflected', reflected(cluster(1)), STANDARD, [OTHER]],
    ['a training cluster reordered', reordered(cluster(2)), STANDARD, [OTHER]],
    ['the validation cluster turned', turned(cluster(3)), STANDARD, []],
    ['a cluster in the input orientation', cluster(31), INPUT, [OTHER, ARBITRARY]],
    ['a cluster in a frame that nobody named', cluster(32), '', [ARBITRARY]],
  ])('after training in the standard orientation: %s', async (_, positions, keys, expected) => {
    const id = await add(positions, keys);
    expect(await codes('standard-all/1', id)).toEqual([expected]);
    expect(await codes('standard-s-only/1', id), 's populations and coordination numbers').toEqual([[]]);
  });

  test.each<[string, Positions, string, string[]]>([
    ['a training cluster itself', cluster(10), '', [ARBITRARY]],
    ['a training cluster turned', turned(cluster(10)), '', [OTHER, ARBITRARY]],
    ['a cluster in the standard orientation', cluster(33), STANDARD, [ARBITRARY]],
  ])('after training in frames without a name: %s', async (_, positions, keys, expected) => {
    const id = await add(positions, keys);
    expect(await codes('unnamed-all/1', id)).toEqual([expected]);
    expect(await codes('unnamed-s-only/1', id)).toEqual([[]]);
  });

  test('after training in the standard orientations of two programs', async () => {
    expect(await codes('programs-all/1', await add(cluster(37), STANDARD))).toEqual([[ARBITRARY]]);
  });

  test('says what is wrong and what to do', async () => {
    const [{ warnings }] = await predict('standard-all/1', [await add(cluster(34), INPUT)]);
    const wayOut =
      "Use a feature set of s populations and coordination numbers, or predict in the training data's frame.";
    expect(warnings.map(({ message }) => message)).toEqual([
      'The populations are in the frame "input orientation", and those of the training calculations in ' +
        `"standard orientation", but 3PX depends on the orientation. ${wayOut}`,
      'Turning the cluster changes these shieldings: 3PX depends on its orientation, and nothing says that it and all ' +
        `training calculations are in the same program's standard orientation. ${wayOut}`,
    ]);
    const [copy] = await predict('standard-all/1', [await add(turned(cluster(1)), STANDARD)]);
    expect(copy.warnings[0].message).toMatch(/^The populations are of training cluster standard-1, turned, reflected/);
  });

  test('tells several clusters apart, stores its warnings and repeats them', async () => {
    const clusters = [
      await add(cluster(35), STANDARD),
      await add(cluster(36), INPUT),
      await add(turned(cluster(2)), STANDARD),
    ];
    const predictions = await predict('standard-all/1', clusters, 'frames 1');
    expect(predictions.map(({ warnings }) => warnings.map(({ code }) => code))).toEqual([
      [],
      [OTHER, ARBITRARY],
      [OTHER],
    ]);
    for (const { shieldingsPpm, warnings, cluster: of } of predictions) {
      const stored = of.predictions.find(({ modelVersion }) => modelVersion.reference === 'standard-all/1')!;
      expect(stored).toMatchObject({ shieldingsPpm, warnings });
      const { node } = await server.request<{ node: Predicted }>(
        'query ($id: ID!) { node(id: $id) { ... on Prediction { warnings { code message } } } }',
        { id: stored.id },
      );
      expect(node.warnings).toEqual(warnings);
    }
    expect(await predict('standard-all/1', clusters, 'frames 1')).toEqual(predictions);
  });

  test('an evaluation says how many of its clusters are concerned, and which', async () => {
    const { evaluation } = await server.request<{
      evaluation: {
        warnings: { code: string; message: string; clusterCount: number; calculations: { id: string }[] }[];
        calculations: { id: string }[];
      };
    }>(`mutation {
      evaluation: evaluateModelVersion(input: {
        modelVersion: "standard-all/1", datasetVersion: "unnamed/1", split: TRAIN
      }) { warnings { code message clusterCount calculations { id } } calculations { id } }
    }`);
    expect(evaluation.warnings).toEqual([
      {
        ...{ code: ARBITRARY, clusterCount: 3, calculations: evaluation.calculations },
        message: expect.stringMatching(/^Concerns 3 of 3 clusters, such as unnamed-0\. Turning the cluster/),
      },
    ]);
  });

  describe('after training on a cluster that was printed with fewer decimals', () => {
    const print = (positions: Positions, decimals: number) =>
      positions.map((at) => at.map((x) => Number(x.toFixed(decimals))));
    const originals = [4, 5, 6].flatMap((decimals) =>
      [false, true].map((trainedAsPrinted) => {
        const far = [-3.100049, 2.900049].map((x) => [x, x, 2.3]);
        const positions = [...cluster(10 * decimals + Number(trainedAsPrinted), -1e-9), ...far];
        return { decimals, positions, trained: trainedAsPrinted ? print(positions, decimals) : positions };
      }),
    );
    const fingerprints = new Map<unknown, string>();

    const fingerprintOf = async (id: string) => {
      const query = 'query ($id: ID!) { cluster(id: $id) { fingerprint } }';
      return (await server.request<{ cluster: { fingerprint: string } }>(query, { id })).cluster.fingerprint;
    };

    beforeAll(async () => {
      const trained = originals.map((each) => each.trained);
      const items = await trainOn('printed', [...clusters(90), ...trained], STANDARD);
      for (const [i, each] of originals.entries()) {
        fingerprints.set(each, await fingerprintOf(items[SPLITS.length + i].cluster!.id));
      }
    });

    const moved = (positions: Positions) => positions.map(([x, y, z], atom) => [x, y, atom === 2 ? z + 0.01 : z]);

    test.each<[string, (positions: Positions) => Positions, string[]]>([
      ['turned', rotated, [OTHER]],
      ['turned and reflected', (positions) => reflected(rotated(positions)), [OTHER]],
      ['turned and reordered', (positions) => reordered(rotated(positions)), [OTHER]],
      ['at the same place', (positions) => positions, []],
      ['at another place', shifted, []],
      ['turned, with an atom moved', (positions) => rotated(moved(positions)), []],
    ])('copies %s', async (_, change, expected) => {
      const ids: string[] = [];
      for (const each of originals) {
        ids.push(await add(print(change(each.positions), each.decimals), STANDARD));
        const isSeen = (await fingerprintOf(ids.at(-1)!)) === fingerprints.get(each);
        if (expected.length > 0) expect(isSeen, 'by its fingerprint').toBe(false);
      }
      expect(await codes('printed-all/1', ...ids)).toEqual(originals.map(() => expected));
      expect(await codes('printed-s-only/1', ...ids)).toEqual(originals.map(() => []));
    });
  });
});
