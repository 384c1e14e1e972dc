import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { NatriumError } from '../../../errors.ts';
import type { SchNetEngine } from '../engine.ts';
import { makeCurrent } from './current-backend.ts';
import { tensorflowEngine } from './engine.ts';

/** `native`: libtensorflow through @tensorflow/tfjs-node. `wasm`: XNNPACK in WebAssembly SIMD, one thread. `cpu`: JavaScript. */
export type TensorflowBackend = 'native' | 'wasm' | 'cpu';

/** Fastest first, and each must compute: tfjs-node installs on some platforms only and breaks on Node 23 and later. */
const PREFERENCE: readonly TensorflowBackend[] = ['native', 'wasm', 'cpu'];

const TFJS_NAMES = { native: 'tensorflow', wasm: 'wasm', cpu: 'cpu' } as const;

/** Openings wait for each other: tfjs drops a backend whose initialisation another one overtakes. */
let previousOpening: Promise<unknown> = Promise.resolve();

/**
 * The `tensorflow` engine on the fastest backend that works here, or on the one asked for. That `native` is absent or
 * fails to load is normal and not reported; the engine's `backend` says what was chosen.
 *
 * Throws `UNAVAILABLE` when the backend asked for does not work.
 */
export function openTensorflow(backend?: TensorflowBackend): Promise<SchNetEngine> {
  const opening = previousOpening.then(() => firstWorking(backend));
  previousOpening = opening.catch(() => undefined);
  return opening;
}

async function firstWorking(backend: TensorflowBackend | undefined): Promise<SchNetEngine> {
  // without it tfjs prints advertisements to the console
  tf.enableProdMode();
  let cause: unknown;
  for (const candidate of backend ? [backend] : PREFERENCE) {
    try {
      const name = candidate === 'native' ? await loadNative() : candidate;
      await probe(TFJS_NAMES[candidate]);
      return tensorflowEngine(name, TFJS_NAMES[candidate]);
    } catch (error) {
      cause = error;
    }
  }
  const message =
    backend === 'native'
      ? 'The TensorFlow backend native does not work here; run scripts/native-tensorflow.mjs on Node 20 or 22, or use wasm.'
      : `${backend ? `The TensorFlow backend ${backend} does not work` : 'No TensorFlow backend works'} here; install the dependencies again.`;
  throw new NatriumError('UNAVAILABLE', message, {}, { cause });
}

/**
 * Registers libtensorflow with tfjs by @tensorflow/tfjs-node-gpu where that is installed and loads, else by
 * @tensorflow/tfjs-node, and answers what to call it. Throws what the latter throws.
 */
export async function loadNative(
  load: (name: string) => Promise<unknown> = (name) => import(name),
): Promise<'native' | 'native, tfjs-node-gpu'> {
  // libtensorflow tells its processor features on stderr otherwise
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '1';
  try {
    await load('@tensorflow/tfjs-node-gpu');
    return 'native, tfjs-node-gpu';
  } catch {
    // only who has a GPU installs it
    await load('@tensorflow/tfjs-node');
    return 'native';
  }
}

/** Initialises a backend and lets it compute: one that loads may still fail at its first operation. */
async function probe(tfjsName: string): Promise<void> {
  if (!(await tf.setBackend(tfjsName))) throw new Error(`tfjs could not initialise ${tfjsName}`);
  makeCurrent(tfjsName);
  const result = tf.tidy(() => tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])).dataSync()[0]);
  if (result !== 11) throw new Error(`tfjs computed ${result} on ${tfjsName}`);
}
