import type { Section } from './cues.ts';
import { realsOf } from './fields.ts';

/** Three rows of three numbers, given to `done` when they are complete. */
export function tensorRows(what: string, done: (tensor: readonly number[]) => void): Section {
  const tensor: number[] = [];
  return {
    take(text) {
      if (tensor.length === 9) return false;
      if (tensor.length === 0 && /^\s*-+\s*$/.test(text)) return true;
      tensor.push(...realsOf(text, 3, what));
      if (tensor.length === 9) done(tensor);
      return true;
    },
  };
}
