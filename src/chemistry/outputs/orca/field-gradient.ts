import type { Section } from '../cues.ts';
import type { Job } from '../job.ts';
import { tensorRows } from '../tensor-rows.ts';

/** The rows under ORCA's `Raw EFG matrix (all values in a.u.**-3):`, for the nucleus (from 1) that was named last. */
export function orcaFieldGradient(job: Job, center: number): Section {
  return tensorRows(`the electric field gradient of nucleus ${center - 1}`, (tensor) => {
    if (center <= (job.step.geometry?.atomicNumbers.length ?? 0)) job.step.fieldGradients.set(center, tensor);
  });
}
