import { realOf } from '../fields.ts';
import type { Job } from '../job.ts';

/** A method beyond the SCF as a route names it: `ump2(full)/6-31g`, `mp4sdq`, `ccsd(t)`. */
const IN_ROUTE = /(?<![\w-])(?:ro|r|u)?(mp[2-5](?:sdtq|sdq|dq)?|cisd|cid|ccd|ccsd|qcisd|bd)(?![\w-])/;
const THIRD_ORDER = /\bEUMP3=\s*(\S+)/;
const FOURTH_ORDER = /\bU?(MP4\([SDTQ]+\))=\s*(\S+)/;
const FIFTH_ORDER = /\bMP5\s*=\s*(\S+)/;
const ITERATION = /\bE\((?:CORR|CI)\)=\s*(\S+)/i;
const TRIPLES = /^((?:CCSD|QCISD|BD)\(T\))=\s+(\S+)$/;

/**
 * The energy beyond the SCF that a route asks for. A job of a higher method prints those of the lower ones on its way, so a
 * line counts only if the route names its method.
 */
export class GaussianCorrelatedEnergy {
  /** @param route the keywords of the task that runs, in lower case; empty if they were not printed */
  constructor(
    private readonly job: Job,
    private readonly route: () => string,
  ) {}

  /** `E2 = ... EUMP2 = ...`, of a double hybrid `E2(B2PLYP) = ... E(B2PLYP) = ...`. */
  secondOrder(text: string): void {
    const isResult = this.route() === '' || this.asked() === 'mp2';
    const second = isResult ? /\bEUMP2\s*=\s*(\S+)/.exec(text) : null;
    const hybrid = /\bE\((?!2)([A-Z][\w-]*)\)\s*=\s*(\S+)/.exec(text);
    if (second !== null) this.keep('MP2', second[1]);
    else if (hybrid !== null) this.keep(hybrid[1], hybrid[2]);
  }

  /** `E3=`, `E4(DQ)=`, `E4(SDQ)=` and `E4(SDTQ)=`, `DEMP5 =`. */
  higherOrder(text: string): void {
    const asked = this.asked() ?? '';
    const third = asked === 'mp3' ? THIRD_ORDER.exec(text) : null;
    const fourth = asked.startsWith('mp4') ? FOURTH_ORDER.exec(text) : null;
    const fifth = asked === 'mp5' ? FIFTH_ORDER.exec(text) : null;
    if (third !== null) this.keep('MP3', third[1]);
    else if (fourth !== null) this.keep(fourth[1], fourth[2]);
    else if (fifth !== null) this.keep('MP5', fifth[1]);
  }

  /** An iteration of coupled cluster or configuration interaction, the last of which is the result. */
  iteration(text: string): void {
    const asked = this.asked();
    const energy = ITERATION.exec(text);
    if (asked !== null && !asked.startsWith('mp') && energy !== null) this.keep(asked.toUpperCase(), energy[1]);
  }

  /** `CCSD(T)= -0.75017760423D+02`. */
  triples(text: string): void {
    const match = TRIPLES.exec(text);
    if (match !== null) this.keep(match[1], match[2]);
  }

  private asked(): string | null {
    return IN_ROUTE.exec(this.route())?.[1] ?? null;
  }

  private keep(method: string, energyText: string): void {
    this.job.step.correlated = { method, energyHartree: realOf(energyText, `the ${method} energy`) };
  }
}
