import { parseNameTag } from '../inputs/name-tag.ts';
import type { Cue, Dialect } from './cues.ts';
import { FieldError, fileNameOf, realOf } from './fields.ts';
import type { Job } from './job.ts';
import { nwchemBasis } from './nwchem/basis.ts';
import { nwchemExchangeCorrelation } from './nwchem/exchange-correlation.ts';
import { nwchemFieldGradients } from './nwchem/field-gradient.ts';
import { NwchemGeometry } from './nwchem/geometry.ts';
import { NwchemPopulations } from './nwchem/populations.ts';
import { NwchemShieldings } from './nwchem/shieldings.ts';

/** What NWChem says shortly before it gives up. */
const EXPLANATIONS = [
  'Calculation failed to converge',
  'This type of error',
  'current input line',
  'SCF failed to converge',
];
const LAST_WORDS = ['There is an error', 'This error has not yet been assigned', 'For more information see the NWChem'];

/** Outputs of NWChem 6 and 7. */
export function nwchemDialect(job: Job): Dialect {
  const shieldings = new NwchemShieldings(job);
  const gradients = nwchemFieldGradients(job);
  /** Numbers of alpha and beta electrons, where the multiplicity is not said otherwise. */
  const electrons: { alpha: number | null; beta: number | null } = { alpha: null, beta: null };

  /** Titles of jobs whose orbitals a task reads may follow its own. */
  let titleIsDue = true;

  function note(act: (text: string) => void): (text: string) => null {
    return (text) => {
      act(text);
      return null;
    };
  }

  /** A title as we write it. */
  function title(text: string): void {
    if (titleIsDue) job.step.nameTag = parseNameTag(text) ?? job.step.nameTag;
    titleIsDue = false;
  }

  function integer(text: string): number {
    const value = /[=:]\s*(-?\d+)(?:\.0*)?\s*$/.exec(text)?.[1];
    if (value === undefined) throw new FieldError('MALFORMED_FILE', `"${text.slice(0, 60)}" has no integer.`);
    return Number(value);
  }

  function spinFromElectrons(): void {
    if (electrons.alpha !== null && electrons.beta !== null) {
      job.step.multiplicity = Math.abs(electrons.alpha - electrons.beta) + 1;
    }
  }

  function scfEnergy(text: string): void {
    const value = /^Total (?:DFT|SCF) energy\s*=\s*(\S+)/.exec(text)?.[1];
    if (value !== undefined) job.setEnergy(realOf(value, 'the energy'));
  }

  function correlatedEnergy(text: string): void {
    const match = /^Total (MP2|CCSD\(T\)|CCSD) energy\s*[:=]?\s*(\S+)/.exec(text);
    if (match !== null) {
      job.step.correlated = { method: match[1], energyHartree: realOf(match[2], `the ${match[1]} energy`) };
    }
  }

  const cues: Cue[] = [
    {
      start: 'Northwest Computational Chemistry Package (NWChem)',
      see: note((text) => {
        // outputs of several runs may stand in one file
        if (job.version !== null) job.startTask(false);
        job.step.nameTag = null;
        job.version = /\(NWChem\)\s+(\S+)/.exec(text)?.[1] ?? null;
      }),
    },
    {
      start: 'NWChem Input Module',
      see: note(() => {
        job.startTask(true);
        titleIsDue = true;
      }),
    },
    { start: 'input           =', see: note((text) => (job.step.title = fileNameOf(text.slice(17)))) },
    { start: 'natrium ', see: note(title) },
    { start: 'Geometry "', see: () => new NwchemGeometry(job) },
    { start: 'Summary of "ao basis"', see: () => nwchemBasis(job) },
    { start: 'XC Information', see: () => nwchemExchangeCorrelation(job) },
    {
      start: 'wavefunction    =',
      see: note((text) => {
        const reference = /=\s*(RHF|UHF|ROHF)$/.exec(text)?.[1];
        if (reference !== undefined) job.step.method = reference;
      }),
    },
    { start: 'charge          =', see: note((text) => (job.step.charge = integer(text))) },
    { start: 'open shells     =', see: note((text) => (job.step.multiplicity = integer(text) + 1)) },
    {
      start: 'alpha electrons =',
      see: note((text) => {
        Object.assign(electrons, { alpha: integer(text), beta: null });
      }),
    },
    {
      start: 'beta  electrons =',
      see: note((text) => {
        electrons.beta = integer(text);
        spinFromElectrons();
      }),
    },
    { start: 'Charge           :', see: note((text) => (job.step.charge = integer(text))) },
    { start: 'Spin multiplicity:', see: note((text) => (job.step.multiplicity = integer(text))) },
    { start: 'Total DFT energy', see: note(scfEnergy) },
    { start: 'Total SCF energy', see: note(scfEnergy) },
    { start: 'Total MP2 energy', see: note(correlatedEnergy) },
    { start: 'Total CCSD', see: note(correlatedEnergy) },
    {
      start: '<S2> =',
      see: note((text) => (job.step.spinSquared = realOf(/=\s*(\S+)/.exec(text)?.[1] ?? '', '<S2>'))),
    },
    { start: 'Chemical Shielding Tensors (GIAO', see: note(() => shieldings.begin()) },
    { start: 'shielding ', see: note((text) => shieldings.choose(text)) },
    { start: 'Atom: ', see: note((text) => shieldings.beginAtom(text)) },
    { start: 'Total Shielding Tensor', see: () => shieldings.totalTensor() },
    { start: 'isotropic =', see: note((text) => shieldings.isotropic(text)) },
    { start: 'Task  times', see: note(() => shieldings.finish()) },
    { start: 'Atom      X', see: () => gradients.atomTable() },
    { start: 'Electric field gradient in molecular frame', see: () => gradients.tensorTable() },
    {
      start: '----- Total',
      see: (text) => (/^----- Total\s+gross population in ao -----$/.test(text) ? new NwchemPopulations(job) : null),
    },
    ...EXPLANATIONS.map((start) => ({ start, see: note((text) => job.warn(text)) })),
    ...LAST_WORDS.map((start) => ({ start, see: note((text) => job.endWithError(text)) })),
    { start: 'Total times  cpu:', endsFile: true, see: note(() => job.endNormally()) },
  ];
  return { cues };
}
