import { beforeAll, describe, expect, test } from 'vitest';
import { encodeModel } from '../../src/ml/model-file.ts';
import { predictShieldings } from '../../src/ml/models.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  float32Tensor,
  type NamedTensors,
  type Tensor,
} from '../../src/ml/safetensors.ts';
import { decodeCheckpoint, encodeCheckpoint, type TrainingCheckpoint } from '../../src/ml/schnet/checkpoint.ts';
import { initialWeights } from '../../src/ml/schnet/weights.ts';
import { Random } from '../../src/random.ts';
import { codeOf, MUTATIONS, mutated } from '../support/damaged-files.ts';
import { sodiumCluster } from '../support/sodium-clusters.ts';

const NETWORK = { atomBasis: 4, filters: 3, gaussians: 4, cutoffAngstrom: 5, interactions: 2 };
const WEIGHTS = initialWeights(NETWORK, new Random(1));
const FEATURES = {
  runningCoordinationNumbers: { radiiAngstrom: [3, 4], smearingAngstrom: 0.1 },
  grossOrbitalPopulations: null,
};
const PARAMETERS = { elements: [11], transform: { kind: 'STANDARDIZE', mean: 560, standardDeviation: 20 } } as const;
const vector = (...data: number[]): Tensor => ({ dtype: 'F64', shape: [data.length], data: Float64Array.from(data) });
const COEFFICIENTS = new Map([
  ['coefficients', vector(0.5, 0)],
  ['intercept', vector(0.1)],
  ['feature_mean', vector(1, 2)],
  ['feature_scale', vector(1, 0)],
]);

const lassoFile = (tensors: NamedTensors = COEFFICIENTS, parameters: object = {}) =>
  encodeModel('natrium-lasso/1', tensors, { ...PARAMETERS, features: FEATURES, ...parameters });
const schNetFile = (parameters: object = {}, tensors: NamedTensors = WEIGHTS) =>
  encodeModel('natrium-schnet/1', tensors, { ...PARAMETERS, hyperparameters: NETWORK, ...parameters });

const INPUT = {
  ...{ name: 'the cluster', structure: sodiumCluster([0, 0, 0, 3.2, 0, 0, 0, 3.4, 0]) },
  ...{ populationLabels: null, grossOrbitalPopulations: null },
};

const CHECKPOINT: TrainingCheckpoint = {
  random: [1, 2, 3, 4],
  batches: 1,
  sums: { atoms: 19, loss: 52.5, squares: 50, seconds: 0.25 },
  weights: WEIGHTS,
  optimizer: { steps: 3, firstMoments: WEIGHTS, secondMoments: WEIGHTS },
  best: { epoch: 2, validationLoss: 2.5, weights: WEIGHTS },
  history: [1, 2, 3].map((epoch) => ({
    ...{ epoch, trainLoss: 3.5, trainRmse: 1.8, validationLoss: 2.5, validationRmse: 1.6, seconds: 0.5 },
  })),
};

test.each([
  ['SchNet', schNetFile()],
  ['Lasso', lassoFile()],
])('a damaged model file of %s is refused, or predicts numbers', async (_kind, file) => {
  const random = new Random(8);
  const codes = new Map<string, number>();
  for (let k = 0; k < MUTATIONS; k++) {
    let code = 'predicted';
    try {
      const [shieldings] = await predictShieldings(mutated(file, random), [INPUT]);
      expect(shieldings).toHaveLength(3);
      expect(shieldings.every(Number.isFinite)).toBe(true);
    } catch (error) {
      code = codeOf(error);
    }
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  // the cluster may hold an element that the file does not name any more, and weights may have become too large
  const allowed = ['predicted', 'CORRUPT_ARTIFACT', 'FEATURES_UNAVAILABLE', 'NON_FINITE_NUMBER'];
  expect([...codes.keys()].filter((code) => !allowed.includes(code))).toEqual([]);
  expect(codes.get('CORRUPT_ARTIFACT')).toBeGreaterThan(MUTATIONS / 2);
  expect(codes.get('predicted')).toBeGreaterThan(0);
});

test.each([
  ['SchNet', { kind: 'STANDARDIZE', mean: 560, standardDeviation: 20 }],
  ['SchNet', { kind: 'GENERALIZED_LOGISTIC', shape: 0.5, location: 560, scale: 20 }],
  ['Lasso', { kind: 'STANDARDIZE', mean: 560, standardDeviation: 20 }],
  ['Lasso', { kind: 'GENERALIZED_LOGISTIC', shape: 0.5, location: 560, scale: 20 }],
])('what %s cannot compute is an error that names the cluster, after the transform %j', async (kind, transform) => {
  const large = new Map(WEIGHTS);
  for (const [name, { shape, data }] of WEIGHTS)
    large.set(name, float32Tensor(shape, data.map(() => 1e30) as Float32Array));
  // the transform's inverse is bounded, so an infinite target would come out of it as a number
  const coefficients = new Map([
    ...COEFFICIENTS,
    ['coefficients', vector(1e308, 0)],
    ['feature_scale', vector(1e-10, 0)],
  ] as const);
  const file = kind === 'SchNet' ? schNetFile({ transform }, large) : lassoFile(coefficients, { transform });
  await expect(predictShieldings(file, [INPUT])).rejects.toMatchObject({
    code: 'NON_FINITE_NUMBER',
    message: expect.stringMatching(/^the prediction for atom 1 of the cluster is (NaN|-?Infinity):/),
  });
});

test('a damaged checkpoint is refused, or is one', () => {
  const random = new Random(9);
  const file = encodeCheckpoint(CHECKPOINT);
  expect(decodeCheckpoint(file, 'it')).toEqual({ ...CHECKPOINT, layout: 2 });
  for (let k = 0; k < MUTATIONS; k++) {
    try {
      const { history, best, batches, sums } = decodeCheckpoint(mutated(file, random), 'it');
      expect(history.every((epoch, i) => epoch.epoch === i + 1 && Number.isFinite(epoch.trainLoss))).toBe(true);
      expect(best!.epoch).toBeLessThanOrEqual(history.length);
      expect([batches, sums.atoms].every(Number.isSafeInteger)).toBe(true);
    } catch (error) {
      expect(codeOf(error)).toBe('CORRUPT_ARTIFACT');
    }
  }
});

test('a checkpoint of a hundred thousand epochs can be read', () => {
  const epochs = Array.from({ length: 100_000 }, (_, i) => ({
    ...CHECKPOINT.history[0],
    epoch: i + 1,
    seconds: i / 3,
  }));
  const { history } = decodeCheckpoint(encodeCheckpoint({ ...CHECKPOINT, history: epochs }), 'it');
  expect(history).toHaveLength(100_000);
  expect(history.at(-1)).toEqual(epochs.at(-1));
});

describe('a model file that claims what it cannot be', () => {
  const claims = (hyperparameters: object) => schNetFile({ hyperparameters: { ...NETWORK, ...hyperparameters } });
  const raw = (parameters: string) => encodeSafetensors(WEIGHTS, { format: 'natrium-schnet/1', parameters });
  const one = new Map([['w', float32Tensor([1], Float32Array.of(1))]]);
  const changed = (name: string, tensor: Tensor) => lassoFile(new Map(COEFFICIENTS).set(name, tensor));
  const weights = (name: string, value: number) => {
    const data = Float32Array.from(WEIGHTS.get(name)!.data, () => value);
    return schNetFile({}, new Map(WEIGHTS).set(name, float32Tensor(WEIGHTS.get(name)!.shape, data)));
  };

  beforeAll(async () => {
    await predictShieldings(schNetFile(), [INPUT]);
    await predictShieldings(lassoFile(), [INPUT]);
  });

  test.each<[string, Uint8Array]>([
    ['a large network in small tensors', claims({ atomBasis: 512, filters: 512, interactions: 6 })],
    ['a billion blocks', claims({ interactions: 1e9 })],
    ['a billion Gaussians', claims({ gaussians: 1e9 })],
    ['a cutoff of a billion', claims({ cutoffAngstrom: 1e9 })],
    ['a cutoff of 0', claims({ cutoffAngstrom: 0 })],
    ['half a filter', claims({ filters: 2.5 })],
    ['a size that is a text', claims({ filters: '3' })],
    ['a size that is null', claims({ filters: null })],
    ['hyperparameters that are a list', schNetFile({ hyperparameters: [1] })],
    ['no hyperparameters', schNetFile({ hyperparameters: undefined })],
    ['a standard deviation of 0', schNetFile({ transform: { kind: 'STANDARDIZE', mean: 1, standardDeviation: 0 } })],
    ['a transform that there is not', schNetFile({ transform: { kind: 'toString' } })],
    ['no transform', schNetFile({ transform: undefined })],
    ['a transform without a scale', schNetFile({ transform: { kind: 'GENERALIZED_LOGISTIC', shape: 1, location: 2 } })],
    ['elements that are none', schNetFile({ elements: [11, 1e9] })],
    ['an element twice', schNetFile({ elements: [11, 11] })],
    ['elements that are no list', schNetFile({ elements: 'Na' })],
    ['parameters that are no JSON', raw('{')],
    ['parameters that are null', raw('null')],
    ['parameters of nothing but brackets', raw(`${'['.repeat(2e6)}${']'.repeat(2e6)}`)],
    ['parameters nested without end', raw(`{"elements":${'['.repeat(4e5)}${']'.repeat(4e5)}}`)],
    ['no parameters', encodeSafetensors(WEIGHTS, { format: 'natrium-schnet/1' })],
    ['no metadata', encodeSafetensors(WEIGHTS, {})],
    ['an unknown format', encodeSafetensors(WEIGHTS, { format: 'natrium-lasso/99' })],
    ['none of the tensors', schNetFile({}, one)],
    ['a weight that is no number', weights('output.out_net.1.bias', Number.NaN)],
    ['an infinite weight', weights('output.out_net.1.bias', Number.POSITIVE_INFINITY)],
    ['no features', lassoFile(COEFFICIENTS, { features: undefined })],
    ['features that are null', lassoFile(COEFFICIENTS, { features: null })],
    ['features of nothing', lassoFile(COEFFICIENTS, { features: {} })],
    [
      'radii that are none',
      lassoFile(COEFFICIENTS, {
        features: { ...FEATURES, runningCoordinationNumbers: { radiiAngstrom: [4, 3], smearingAngstrom: 1 } },
      }),
    ],
    [
      'elements that are none',
      lassoFile(COEFFICIENTS, {
        features: {
          ...FEATURES,
          runningCoordinationNumbers: { ...FEATURES.runningCoordinationNumbers, neighborElements: ['Zz'] },
        },
      }),
    ],
    ['names that are no texts', lassoFile(COEFFICIENTS, { featureNames: [1] })],
    ['more coefficients than features', changed('coefficients', vector(1, 2, 3))],
    ['fewer means than features', changed('feature_mean', vector(1))],
    ['no intercept', changed('intercept', vector())],
    ['a matrix for a vector', changed('coefficients', { ...vector(1, 2), shape: [1, 2] })],
    ['a coefficient that is no number', changed('coefficients', vector(Number.NaN, 0))],
    ['a division by zero', changed('feature_scale', vector(0, 0))],
    ['coefficients of single precision', changed('coefficients', float32Tensor([2], Float32Array.of(1, 2)))],
  ])('%s', async (_what, bytes) => {
    const before = process.memoryUsage().arrayBuffers;
    const error = await predictShieldings(bytes, [INPUT]).catch((thrown: unknown) => thrown);
    expect(codeOf(error)).toBe('CORRUPT_ARTIFACT');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * bytes.length);
  });
});

describe('a checkpoint that stands nowhere', () => {
  const bytes = encodeCheckpoint(CHECKPOINT);
  const { tensors, metadata } = decodeSafetensors(bytes, 'it');
  const kept = JSON.parse(metadata['natrium.training']);
  const changed = (rest: object, other: NamedTensors = tensors) =>
    encodeSafetensors(other, { 'natrium.training': JSON.stringify({ ...kept, ...rest }) });
  const epoch = CHECKPOINT.history[0];

  test.each<[string, Uint8Array]>([
    ['a layout of tomorrow', changed({ version: 3 })],
    ['a layout of 0', changed({ version: 0 })],
    ['random words too few', changed({ random: [1, 2, 3] })],
    ['random words that are none', changed({ random: [1, 2, 3, 2 ** 40] })],
    ['random words all zero', changed({ random: [0, 0, 0, 0] })],
    ['batches below 0', changed({ batches: -1 })],
    ['batches without atoms', changed({ sums: { ...CHECKPOINT.sums, atoms: 0 } })],
    ['sums that are none', changed({ sums: { ...CHECKPOINT.sums, loss: null } })],
    ['no sums', changed({ sums: null })],
    ['steps that are a text', changed({ optimizerSteps: '3' })],
    ['a best epoch behind the last', changed({ best: { epoch: 4, validationLoss: 1 } })],
    ['a best epoch of 0', changed({ best: { epoch: 0, validationLoss: 1 } })],
    ['no best epoch after three', changed({ best: null })],
    [
      'a tensor that belongs nowhere',
      changed({}, new Map([...tensors, ['other/w', float32Tensor([1], Float32Array.of(1))]])),
    ],
    ['a tensor outside', changed({}, new Map([...tensors, ['w', float32Tensor([1], Float32Array.of(1))]]))],
    ['no history', changed({}, new Map([...tensors].filter(([name]) => name !== 'history')))],
    [
      'a history with a column too few',
      changed({}, new Map([...tensors, ['history', { dtype: 'F64', shape: [1, 4], data: new Float64Array(4) }]])),
    ],
    [
      'a history of NaN',
      changed(
        {},
        new Map([
          ...tensors,
          ['history', { dtype: 'F64', shape: [2, 5], data: new Float64Array(10).fill(Number.NaN) }],
        ]),
      ),
    ],
    [
      'an epoch twice, in the first layout',
      changed({ version: 1, history: [epoch, epoch] }, new Map([...tensors].filter(([name]) => name !== 'history'))),
    ],
    [
      'null for an epoch, in the first layout',
      changed({ version: 1, history: [null, null] }, new Map([...tensors].filter(([name]) => name !== 'history'))),
    ],
    ['metadata that are a list', encodeSafetensors(tensors, { 'natrium.training': '[]' })],
  ])('%s', (_what, file) => {
    expect(() => decodeCheckpoint(file, 'the checkpoint of run 7')).toThrowError(
      expect.objectContaining({ code: 'CORRUPT_ARTIFACT' }),
    );
  });
});
