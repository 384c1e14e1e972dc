import { openTensorflow } from '../../src/ml/schnet/tensorflow/backend.ts';

/** Whether libtensorflow is installed and computes here. */
export function worksNatively(): Promise<boolean> {
  return openTensorflow('native').then(
    () => true,
    () => false,
  );
}
