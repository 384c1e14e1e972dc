import { openTensorflow } from '../../src/ml/schnet/tensorflow/backend.ts';
import { wasmEngine } from '../../src/ml/schnet/wasm/engine.ts';
import { worksNatively } from '../support/native-tensorflow.ts';
import { skipUnless } from '../support/skips.ts';
import { describeSchNetEngine } from './schnet-engine.ts';

describeSchNetEngine('wasm', async () => wasmEngine);
describeSchNetEngine('tensorflow on wasm', () => openTensorflow('wasm'));
describeSchNetEngine('tensorflow on cpu', () => openTensorflow('cpu'));
skipUnless(await worksNatively(), 'tensorflow')('libtensorflow', () => {
  describeSchNetEngine('tensorflow on native', () => openTensorflow('native'));
});
