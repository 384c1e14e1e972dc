import type { Section } from '../cues.ts';
import { realsOf } from '../fields.ts';
import type { Job } from '../job.ts';

/** The rows under ORCA's `Raw EFG matrix (all values in a.u.**-3):`, for the nucleus (from 1) that was named last. */
export function orcaFieldGradient(job: Job, center: number): Section {
  const tensor: number[] = [];
  return {
    take(text) {
      if (tensor.length === 0 && /^\s*-+\s*$/.test(text)) return true;
      tensor.push(...realsOf(text, 3, `the electric field gradient of nucleus ${center - 1}`));
      if (tensor.length === 9 && center <= (job.step.geometry?.atomicNumbers.length ?? 0)) {
        job.step.fieldGradients.set(center, tensor);
      }
      return tensor.length < 9;
    },
  };
}
