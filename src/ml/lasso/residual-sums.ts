import type { Matrix } from '../matrix.ts';
import type { Moments } from './moments.ts';
import type { ResidualSums } from './path.ts';

/** Rows whose sums are added to those of the rows before at once, so that rounding grows slowly. */
const BLOCK_ROWS = 256;

/** What the residuals of all rows say, row by row: no rounding of a Gram matrix is in it. */
export function residualSums(
  { rows, columns, data }: Matrix,
  target: ArrayLike<number>,
  { standardization: { mean, scale }, targetMean }: Moments,
  weights: Float64Array,
): ResidualSums {
  const active = Int32Array.from(weights.keys()).filter((j) => weights[j] !== 0);
  const perUnit = Float64Array.from(active, (j) => weights[j] / scale[j]);
  const gradient = new Float64Array(columns);
  const ofBlock = new Float64Array(columns);
  let squares = 0;
  let products = 0;
  for (let from = 0; from < rows; from += BLOCK_ROWS) {
    ofBlock.fill(0);
    let squaresOfBlock = 0;
    let productsOfBlock = 0;
    for (let i = from; i < Math.min(from + BLOCK_ROWS, rows); i++) {
      const start = i * columns;
      let fitted = 0;
      for (let k = 0; k < active.length; k++) {
        fitted += (data[start + active[k]] - mean[active[k]]) * perUnit[k];
      }
      const residual = target[i] - targetMean - fitted;
      squaresOfBlock += residual * residual;
      productsOfBlock += residual * fitted;
      for (let j = 0; j < columns; j++) {
        ofBlock[j] += residual * (data[start + j] - mean[j]);
      }
    }
    squares += squaresOfBlock;
    products += productsOfBlock;
    for (let j = 0; j < columns; j++) {
      gradient[j] += ofBlock[j];
    }
  }
  return {
    meanSquare: squares / rows,
    meanProduct: products / rows,
    gradient: gradient.map((sum, j) => (scale[j] === 0 ? 0 : sum / rows / scale[j])),
  };
}
