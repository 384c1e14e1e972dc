import type { Section } from '../cues.ts';
import type { Job } from '../job.ts';

const ROW = /^\s*(\S+)\s{2,}(\S.*?)\s{2,}(?:\d+\s+\d+\s+\S+|on all atoms)\s*$/;
const MOST_TAGS = 200;

/** NWChem's `Summary of "ao basis"`: one basis for all, or one for each tag. */
export function nwchemBasis(job: Job): Section {
  const byTag = new Map<string, string>();
  return {
    take(text) {
      if (/^\s*(Tag\s+Description\b.*|[-\s]+)$/.test(text) && text.trim() !== '') return true;
      const row = ROW.exec(text);
      if (row !== null && byTag.size < MOST_TAGS) {
        byTag.set(row[1], row[2]);
        return true;
      }
      const names = new Set(byTag.values());
      if (names.size === 1) job.step.basis = [...names][0];
      else if (names.size > 1) job.step.basis = [...byTag].map(([tag, name]) => `${tag} ${name}`).join(', ');
      return false;
    },
  };
}
