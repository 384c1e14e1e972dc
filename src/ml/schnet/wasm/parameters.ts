import { float32Tensor, type NamedTensors } from '../../safetensors.ts';
import type { SchNetHyperparameters } from '../hyperparameters.ts';
import { EMBEDDING, EMBEDDING_ROWS, interactionLayers, OUTPUT_HIDDEN, OUTPUT_LAST, weightShapes } from '../weights.ts';

/** Numbers in a vector register times those that kernels take at once: widths are multiples of it, filled up with zeros. */
const LANE = 16;

/** Widths as the kernels see them. */
export interface Widths {
  readonly basis: number;
  readonly filters: number;
  readonly gaussians: number;
  readonly hidden: number;
  /** What later layers take from an atom: the filters of all blocks but the first, then the output's hidden layer. */
  readonly taken: number;
}

export function widthsOf({ atomBasis, filters, gaussians, interactions }: SchNetHyperparameters): Widths {
  const widths = {
    basis: padded(atomBasis),
    filters: padded(filters),
    gaussians: padded(gaussians),
    hidden: padded(Math.floor(atomBasis / 2)),
  };
  return { ...widths, taken: (interactions - 1) * widths.filters + widths.hidden };
}

function padded(count: number): number {
  return Math.ceil(count / LANE) * LANE;
}

/** Where one tensor lies in the vector of all parameters: its elements [outputs, inputs] stand as [inputs, outputs]. */
interface Place {
  readonly offset: number;
  /** Numbers from one input to the next. */
  readonly stride: number;
}

/**
 * The order of all weights in one vector of float32, each matrix transposed (inputs by outputs) and filled up with zeros to the
 * widths of the kernels. Zeros stay zeros in training: a unit without weights has the output ssp(0) = 0 and the slope 0 by its
 * weights. The first layers of all blocks but the first, and of the output, share one matrix, since they take from the same.
 */
export class ParameterLayout {
  readonly widths: Widths;
  readonly length: number;
  private readonly shapes: ReadonlyMap<string, readonly number[]>;
  private readonly places = new Map<string, Place>();

  constructor(hyperparameters: SchNetHyperparameters) {
    this.shapes = weightShapes(hyperparameters);
    this.widths = widthsOf(hyperparameters);
    const { basis, filters, gaussians, hidden, taken } = this.widths;
    const { interactions } = hyperparameters;
    let length = 0;
    const place = (name: string, rows: number, stride: number) => {
      this.places.set(name, { offset: length, stride });
      length += rows * stride;
    };
    place(EMBEDDING, EMBEDDING_ROWS, basis);
    place(interactionLayers(0).in2f, basis, filters);
    const shared = length;
    length += basis * taken;
    for (let block = 0; block < interactions; block++) {
      const layers = interactionLayers(block);
      place(layers.filterHidden, gaussians, filters);
      place(`${layers.filterHidden}.bias`, 1, filters);
      place(layers.filter, filters, filters);
      place(`${layers.filter}.bias`, 1, filters);
      if (block > 0) this.places.set(layers.in2f, { offset: shared + (block - 1) * filters, stride: taken });
      place(layers.f2out, filters, basis);
      place(`${layers.f2out}.bias`, 1, basis);
      place(layers.dense, basis, basis);
      place(`${layers.dense}.bias`, 1, basis);
    }
    this.places.set(OUTPUT_HIDDEN, { offset: shared + (interactions - 1) * filters, stride: taken });
    place(`${OUTPUT_HIDDEN}.bias`, 1, hidden);
    place(OUTPUT_LAST, hidden, 1);
    place(`${OUTPUT_LAST}.bias`, 1, LANE);
    this.length = length;
  }

  /** First number of a layer's weights (without `.weight`), of a bias, or of the embedding. */
  offsetOf(name: string): number {
    return this.places.get(name)!.offset;
  }

  /** Writes named tensors into the vector. */
  write(tensors: NamedTensors, into: Float32Array): void {
    for (const [name, shape] of this.shapes) {
      const { data } = tensors.get(name)!;
      this.each(name, shape, (at, index) => {
        into[at] = Number(data[index]);
      });
    }
  }

  /** The tensors in the vector, copied, in the order of their names in SchNetPack. */
  read(from: Float32Array): NamedTensors {
    return new Map(
      [...this.shapes].map(([name, shape]) => {
        const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
        this.each(name, shape, (at, index) => {
          data[index] = from[at];
        });
        return [name, float32Tensor(shape, data)];
      }),
    );
  }

  private each(name: string, shape: readonly number[], visit: (at: number, index: number) => void): void {
    const isTable = name === EMBEDDING;
    const { offset, stride } = this.places.get(
      isTable || name.endsWith('.bias') ? name : name.slice(0, -'.weight'.length),
    )!;
    const [outputs, inputs] = shape.length === 1 ? [shape[0], 1] : shape;
    for (let output = 0; output < outputs; output++) {
      for (let input = 0; input < inputs; input++) {
        const at = isTable ? output * stride + input : input * stride + output;
        visit(offset + at, output * inputs + input);
      }
    }
  }
}
