import * as tf from '@tensorflow/tfjs';

/**
 * Makes an initialised backend the current one, at once. tfjs has one for the whole process, and may hold the name of one
 * and the instance of another while a third is still being initialised.
 */
export function makeCurrent(tfjsName: string): void {
  if (tf.getBackend() === tfjsName && tf.backend() === tf.findBackend(tfjsName)) return;
  // for an initialised backend all is done when the call returns; its promise holds no news
  void tf.setBackend(tfjsName);
}
