import { readFileSync } from 'node:fs';
import { NatriumError } from '../../errors.ts';
import type { Matrix } from '../matrix.ts';

interface Kernels {
  /** As `kernels/index.ts` says; addresses in bytes. */
  readonly addProducts: (values: number, panels: number, rows: number, sums: number) => void;
}

/** Built by scripts/lib/build.mjs; as far below the root from src as from dist. */
const COMPILED = new URL('../../../dist/ml/lasso/kernels.wasm', import.meta.url);

const PAGE_BYTES = 65_536;
const MOST_PAGES = 65_536;
const PANEL = 4;

/** Rows whose products are summed before they are added to those of the rows before, so that rounding grows slowly. */
const BLOCK_ROWS = 256;

/** Sums over rows of the products of all pairs of columns. */
export interface Products {
  readonly rows: number;
  /** Row-major [stride, stride], of which only the part on and above the diagonal counts. */
  readonly sums: Float64Array;
  readonly stride: number;
}

let compiled: WebAssembly.Module | null = null;

/**
 * Sums products of features less their shifts, of the target less its shift, and of a column of ones, in this order, so that the
 * products with the last column are the sums of the others. Blocks of rows are copied into the memory of a kernel, never the whole
 * matrix. Multiplications and additions in a fixed order: the same bits on every machine.
 */
export class ProductSums {
  private readonly stride: number;
  private readonly values: Float64Array;
  private readonly sums: Float64Array;
  private readonly addBlock: (rows: number) => void;

  /**
   * @param shifts what is taken off every feature and, last, off the target; near the means, lest digits are lost
   * Throws TOO_LARGE if the sums of so many columns do not fit.
   */
  constructor(
    private readonly features: Matrix,
    private readonly target: ArrayLike<number>,
    private readonly shifts: Float64Array,
  ) {
    const panels = Math.ceil((features.columns + 2) / PANEL);
    this.stride = PANEL * panels;
    const [valuesLength, sumsLength] = [this.stride * BLOCK_ROWS, this.stride * this.stride];
    // below the first page lie the constants of the kernel
    const pages = 1 + Math.ceil((8 * (valuesLength + sumsLength)) / PAGE_BYTES);
    const memory = memoryOf(pages, features.columns);
    compiled ??= new WebAssembly.Module(readFileSync(COMPILED));
    const kernels = new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as Kernels;
    const sumsAt = PAGE_BYTES + 8 * valuesLength;
    this.values = new Float64Array(memory.buffer, PAGE_BYTES, valuesLength);
    this.sums = new Float64Array(memory.buffer, sumsAt, sumsLength);
    this.addBlock = (rows) => kernels.addProducts(PAGE_BYTES, panels, rows, sumsAt);
  }

  /** Of these rows, all unless they are named. */
  over(rows?: Int32Array): Products {
    const count = rows?.length ?? this.features.rows;
    this.sums.fill(0);
    for (let from = 0; from < count; from += BLOCK_ROWS) {
      const block = Math.min(BLOCK_ROWS, count - from);
      this.copyBlock(from, block, rows);
      this.addBlock(block);
    }
    return { rows: count, sums: this.sums.slice(), stride: this.stride };
  }

  private copyBlock(from: number, block: number, rows: Int32Array | undefined): void {
    const values = this.values;
    const target = this.target;
    const shifts = this.shifts;
    const { columns, data } = this.features;
    const inFours = columns - (columns % PANEL);
    for (let k = 0; k < block; k++) {
      const row = rows === undefined ? from + k : rows[from + k];
      const start = row * columns;
      let at = PANEL * k;
      for (let j = 0; j < inFours; j += PANEL) {
        values[at] = data[start + j] - shifts[j];
        values[at + 1] = data[start + j + 1] - shifts[j + 1];
        values[at + 2] = data[start + j + 2] - shifts[j + 2];
        values[at + 3] = data[start + j + 3] - shifts[j + 3];
        at += PANEL * block;
      }
      // at most three features are left for the panel, or panels, of the target and of the ones
      for (let j = inFours; j <= columns + 1; j++) {
        const value = j < columns ? data[start + j] - shifts[j] : j === columns ? target[row] - shifts[j] : 1;
        values[PANEL * block * Math.floor(j / PANEL) + PANEL * k + (j % PANEL)] = value;
      }
    }
  }
}

/** The sums over all rows but those of a part. */
export function without(all: Products, part: Products): Products {
  return {
    rows: all.rows - part.rows,
    sums: all.sums.map((sum, k) => sum - part.sums[k]),
    stride: all.stride,
  };
}

function memoryOf(pages: number, columns: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: MOST_PAGES });
  } catch (cause) {
    const message = `Lasso on ${columns} features needs more memory than 4 GiB, or than this machine has; take fewer features`;
    throw new NatriumError('TOO_LARGE', message, {}, { cause });
  }
}
