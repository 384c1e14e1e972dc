import type { Structure } from '../../src/chemistry/structure.ts';
import type { NamedTensors } from '../../src/ml/safetensors.ts';
import type { SchNetHyperparameters } from '../../src/ml/schnet/hyperparameters.ts';

type Vector = number[];

/**
 * SchNet written down as its equations stand, atom by atom and neighbour by neighbour in float64, sharing no code with the
 * engines: the oracle for shapes, elements and sizes that no golden file has.
 */
export function plainSchNet(
  { interactions, gaussians, cutoffAngstrom }: SchNetHyperparameters,
  weights: NamedTensors,
  structure: Structure,
): number[] {
  const ssp = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))) - Math.log(2);
  const dense = (layer: string, input: Vector): Vector => {
    const { shape, data } = weights.get(`${layer}.weight`)!;
    const bias = weights.get(`${layer}.bias`)?.data;
    return Array.from({ length: shape[0] }, (_, row) =>
      input.reduce((sum, value, column) => sum + data[row * shape[1] + column] * value, bias?.[row] ?? 0),
    );
  };
  const distance = (i: number, j: number) =>
    Math.hypot(
      ...[0, 1, 2].map((k) => structure.positionsAngstrom[3 * i + k] - structure.positionsAngstrom[3 * j + k]),
    );
  const spacing = cutoffAngstrom / (gaussians - 1);
  const embedding = weights.get('representation.embedding.weight')!;
  const width = embedding.shape[1];

  let x: Vector[] = structure.atomicNumbers.map((z) => Array.from(embedding.data.slice(z * width, (z + 1) * width)));
  for (let block = 0; block < interactions; block++) {
    const name = `representation.interactions.${block}`;
    x = x.map((xi, i) => {
      const y: Vector = dense(`${name}.cfconv.in2f`, xi).map(() => 0);
      x.forEach((xj, j) => {
        const r = distance(i, j);
        if (j === i || r >= cutoffAngstrom) return;
        const expanded = Array.from({ length: gaussians }, (_, k) =>
          Math.exp(-((r - k * spacing) ** 2) / (2 * spacing ** 2)),
        );
        const filter = dense(`${name}.filter_network.1`, dense(`${name}.filter_network.0`, expanded).map(ssp));
        const cutoff = (1 + Math.cos((Math.PI * r) / cutoffAngstrom)) / 2;
        dense(`${name}.cfconv.in2f`, xj).forEach((value, f) => {
          y[f] += value * filter[f] * cutoff;
        });
      });
      const v = dense(`${name}.dense`, dense(`${name}.cfconv.f2out`, y).map(ssp));
      return xi.map((value, f) => value + v[f]);
    });
  }
  return x.map((xi) => dense('output.out_net.1', dense('output.out_net.0', xi).map(ssp))[0]);
}
