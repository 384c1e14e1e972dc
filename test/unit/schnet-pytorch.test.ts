import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { symbolOf } from '../../src/chemistry/elements.ts';
import type { Structure } from '../../src/chemistry/structure.ts';
import { encodeModel } from '../../src/ml/model-file.ts';
import { float32Tensor, type NamedTensors } from '../../src/ml/safetensors.ts';
import { SCHNET_DEFAULTS, type SchNetHyperparameters } from '../../src/ml/schnet/hyperparameters.ts';
import { schNetModel } from '../../src/ml/schnet/model.ts';
import { openTensorflow } from '../../src/ml/schnet/tensorflow/backend.ts';
import { wasmEngine } from '../../src/ml/schnet/wasm/engine.ts';
import { initialWeights } from '../../src/ml/schnet/weights.ts';
import { backward, type TargetTransform } from '../../src/ml/target-transform.ts';
import { Random } from '../../src/random.ts';
import golden from '../golden/schnetpack-v1.0.0.json' with { type: 'json' };
import { findPythonWithTorch } from '../support/python-torch.ts';
import { skipUnless } from '../support/skips.ts';
import { scatteredCluster } from '../support/sodium-clusters.ts';

const FORMAT = 'natrium-schnet/1';
const EXAMPLE = join(import.meta.dirname, '../../examples/schnet-pytorch');
/** Of an output; shieldings are as much more apart as the scale of the transform says. */
const TOLERANCE = 2e-5;
const STANDARDIZE: TargetTransform = { kind: 'STANDARDIZE', mean: 590, standardDeviation: 40 };
const LOGISTIC: TargetTransform = { kind: 'GENERALIZED_LOGISTIC', shape: 0.3, location: 610, scale: 8 };

const goldenWeights: NamedTensors = new Map(
  Object.entries(golden.weights).map(([name, { shape, float32LittleEndianBase64 }]) => [
    name,
    float32Tensor(shape, new Float32Array(new Uint8Array(Buffer.from(float32LittleEndianBase64, 'base64')).buffer)),
  ]),
);
const goldenClusters = golden.clusters.map(({ atomicNumbers, positionsAngstrom }) => ({
  atomicNumbers,
  positionsAngstrom: Float64Array.from(positionsAngstrom.flat()),
  charge: 0,
  multiplicity: 1,
}));

const python = findPythonWithTorch();

skipUnless(python !== undefined, 'torch')('SchNet in PyTorch', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'natrium-torch-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (...args: string[]) =>
    spawnSync(python!, args, { cwd: EXAMPLE, encoding: 'utf8', env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } });

  /** What predict.py makes of a model file and clusters. */
  function predict(model: Uint8Array, structures: readonly Structure[]) {
    const [modelPath, xyzPath] = [join(folder, 'model.safetensors'), join(folder, 'clusters.xyz')];
    writeFileSync(modelPath, model);
    writeFileSync(xyzPath, structures.map(xyz).join(''));
    const { stdout, stderr, status } = run('predict.py', modelPath, xyzPath);
    return { stderr, status, rows: stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')])) };
  }

  test.each([STANDARDIZE, LOGISTIC])('predicts what SchNetPack does with its weights, $kind', (transform) => {
    const model = encodeModel(FORMAT, goldenWeights, { elements: [11], hyperparameters: SCHNET_DEFAULTS, transform });
    const { rows } = predict(model, goldenClusters);
    const expected = golden.output.flatMap((outputs, cluster) =>
      [...backward(transform, outputs)].map((ppm, atom) => [cluster + 1, atom + 1, 'Na', ppm] as const),
    );
    expect(rows.map(([cluster, atom, symbol]) => [Number(cluster), Number(atom), symbol])).toEqual(
      expected.map(([cluster, atom, symbol]) => [cluster, atom, symbol]),
    );
    expected.forEach(([, , , ppm], row) => {
      expect(Math.abs(Number(rows[row][3]) - ppm)).toBeLessThan(40 * TOLERANCE);
    });
  });

  test('predicts what our engine does with other sizes, two elements and an atom alone', async () => {
    const hyperparameters: SchNetHyperparameters = {
      ...{ atomBasis: 48, filters: 32, gaussians: 17, interactions: 3, cutoffAngstrom: 4.5 },
    };
    const random = new Random(3);
    const structures = [1, 2, 9].map((size) => {
      const cluster = scatteredCluster(size, random);
      return { ...cluster, atomicNumbers: cluster.atomicNumbers.map((z, atom) => (atom % 3 === 1 ? 17 : z)) };
    });
    const model = encodeModel(FORMAT, initialWeights(hyperparameters, random), {
      ...{ elements: [11, 17], hyperparameters, transform: STANDARDIZE },
    });
    const ours = await schNetModel({ WASM: async () => wasmEngine, TENSORFLOW: () => openTensorflow('wasm') }).predict(
      model,
      structures.map((structure, k) => ({
        ...{ name: `cluster ${k}`, structure, populationLabels: null, grossOrbitalPopulations: null },
      })),
    );
    const { rows } = predict(model, structures);
    const expected = ours.flatMap((shieldings) => [...shieldings]);
    expect(rows).toHaveLength(expected.length);
    expected.forEach((ppm, row) => {
      expect(Math.abs(Number(rows[row][3]) - ppm)).toBeLessThan(40 * TOLERANCE);
    });
  });

  test('goes back through a generalised logistic distribution as far as outputs reach', () => {
    const targets = [-30, -8, -1, -1e-9, 0, 0.5, 3, 8, 30];
    const { stdout } = run(
      '-c',
      'import json, sys, torch; from predict import shieldings_ppm; ' +
        'print(json.dumps(shieldings_ppm(*(f(json.loads(a)) for f, a in zip((dict, torch.tensor), sys.argv[1:]))).tolist()))',
      ...[JSON.stringify(LOGISTIC), JSON.stringify(targets)],
    );
    const expected = backward(LOGISTIC, Float32Array.from(targets));
    (JSON.parse(stdout) as number[]).forEach((ppm, k) => {
      expect(Math.abs(ppm / expected[k] - 1)).toBeLessThan(1e-9);
    });
  });

  test('refuses an element it has not seen, and weights that are not all there', () => {
    const parameters = { elements: [17], hyperparameters: SCHNET_DEFAULTS, transform: STANDARDIZE };
    const unseen = predict(encodeModel(FORMAT, goldenWeights, parameters), goldenClusters);
    expect(unseen).toMatchObject({ status: 1, rows: [] });
    expect(unseen.stderr).toContain('cluster 1 holds Na');

    const name = 'representation.interactions.1.dense.bias';
    const most = new Map([...goldenWeights].filter(([each]) => each !== name));
    const incomplete = predict(encodeModel(FORMAT, most, { ...parameters, elements: [11] }), goldenClusters);
    expect(incomplete).toMatchObject({ status: 1, rows: [] });
    expect(incomplete.stderr).toContain(name);
  });
});

function xyz({ atomicNumbers, positionsAngstrom: p }: Structure): string {
  const rows = atomicNumbers.map((z, atom) => `${symbolOf(z)} ${[...p.subarray(3 * atom, 3 * atom + 3)].join(' ')}\n`);
  return `${rows.length}\n\n${rows.join('')}`;
}
