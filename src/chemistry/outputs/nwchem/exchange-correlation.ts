import type { Section } from '../cues.ts';
import type { Job } from '../job.ts';

const NAMED = /^\s*(\S.*?)\s+Method XC (?:Potential|Functional)\s*$/;
const PART = /^\s*(\S.*?(?:Exchange|Correlation|Functional)\S*)\s+-?[\d.]+\s*(?:local|non-local)?\s*$/;
/** A part as LibXC calls it, such as `mgga_x_scanl`. */
const LIBXC_PART = /^\s*((?:hyb_)?(?:lda|m?gga)_\w+)\s+-?[\d.]+\s*$/;
const PREAMBLE = /^\s*(-+|Using LibXC\b.*)?\s*$/;
const MOST_PARTS = 20;
const LONGEST_PART = 120;

/** NWChem's `XC Information`: the functional by its name (`B3LYP Method XC Potential`), or by its parts. */
export function nwchemExchangeCorrelation(job: Job): Section {
  const parts: string[] = [];
  let named: string | null = null;
  return {
    take(text) {
      if (text.length > LONGEST_PART) return false;
      if (named === null && parts.length === 0 && PREAMBLE.test(text)) return true;
      const name = NAMED.exec(text)?.[1];
      const part = (PART.exec(text) ?? LIBXC_PART.exec(text))?.[1];
      if (name !== undefined || (part !== undefined && parts.length < MOST_PARTS)) {
        named ??= name ?? null;
        if (part !== undefined) parts.push(part.replace(/ Functional$/, ''));
        return true;
      }
      if (named !== null || parts.length > 0) job.step.method = named ?? parts.join(' + ');
      return false;
    },
  };
}
