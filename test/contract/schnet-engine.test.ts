import { openTensorflow, type TensorflowBackend } from '../../src/ml/schnet/tensorflow/backend.ts';
import { wasmEngine } from '../../src/ml/schnet/wasm/engine.ts';
import { describeSchNetEngine } from './schnet-engine.ts';

const worksHere = (backend: TensorflowBackend) =>
  openTensorflow(backend).then(
    () => true,
    () => false,
  );

describeSchNetEngine('wasm', async () => wasmEngine);
describeSchNetEngine('tensorflow on wasm', () => openTensorflow('wasm'));
describeSchNetEngine('tensorflow on cpu', () => openTensorflow('cpu'));
// libtensorflow is an optional dependency, absent on many machines
if (await worksHere('native')) describeSchNetEngine('tensorflow on native', () => openTensorflow('native'));
