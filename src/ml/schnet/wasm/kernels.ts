import { readFileSync } from 'node:fs';
import type { Arena } from './arena.ts';

type Kernel = (...args: number[]) => void;

/** What `kernels/index.ts` exports; each is described where it is defined. */
export interface Kernels {
  readonly adam: Kernel;
  readonly add: Kernel;
  readonly addMatrixTimesVector: Kernel;
  readonly addOuterProduct: Kernel;
  readonly addTransposedProduct: Kernel;
  readonly addVectorTimesMatrix: Kernel;
  readonly convolve: Kernel;
  readonly convolveBack: Kernel;
  readonly gatherRows: Kernel;
  readonly multiply: Kernel;
  readonly multiplyAndSumRows: Kernel;
  readonly output: Kernel;
  readonly outputBack: Kernel;
  readonly pack: Kernel;
  readonly packTransposed: Kernel;
  readonly scaleColumns: Kernel;
  readonly scaleRows: Kernel;
  readonly scatterAddRows: Kernel;
  readonly shiftedSoftplus: Kernel;
  readonly sumRows: Kernel;
  readonly sumTableRows: Kernel;
  readonly sumTableRowsBack: Kernel;
}

/** Built by scripts/lib/build.mjs; as far below the root from src as from dist. */
const COMPILED = new URL('../../../../dist/ml/schnet/wasm/kernels.wasm', import.meta.url);

let compiled: WebAssembly.Module | null = null;

/** The kernels, computing in this arena. */
export function kernelsIn(arena: Arena): Kernels {
  compiled ??= new WebAssembly.Module(readFileSync(COMPILED));
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory: arena.memory } });
  return exports as unknown as Kernels;
}
