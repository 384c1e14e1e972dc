export { adam } from './adam';
export { convolve, convolveBack } from './convolution';
export {
  add,
  addMatrixTimesVector,
  addOuterProduct,
  addVectorTimesMatrix,
  gatherRows,
  multiplyAndSumRows,
  scaleColumns,
  scaleRows,
  scatterAddRows,
  sumRows,
} from './elementwise';
export { multiply, pack, packTransposed } from './matrix-product';
export { output, outputBack } from './output';
export { shiftedSoftplus } from './shifted-softplus';
export { sumTableRows, sumTableRowsBack } from './table-sum';
export { addTransposedProduct } from './transposed-product';
