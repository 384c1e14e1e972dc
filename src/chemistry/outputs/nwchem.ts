import { parseNameTag } from '../inputs/name-tag.ts';
import type { Cue, Dialect, Section } from './cues.ts';
import { FieldError, fileNameOf, realOf } from './fields.ts';
import type { Job } from './job.ts';
import { nwchemBasis } from './nwchem/basis.ts';
import { nwchemExchangeCorrelation } from './nwchem/exchange-correlation.ts';
import { nwchemFieldGradients } from './nwchem/field-gradient.ts';
import { NwchemGeometry } from './nwchem/geometry.ts';
import { NwchemInputDeck } from './nwchem/input-deck.ts';
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

  let deck: NwchemInputDeck | null = null;
  let tasksBegun = 0;

  /** Of the SCF that ran last; a task that finds it converged prints its energy again, but not this. */
  let lastSpinSquared: number | null = null;
  let isConvergedAlready = false;

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

  function readDeck(): Section {
    deck = new NwchemInputDeck();
    tasksBegun = 0;
    return deck.section();
  }

  /** A task begins. What the input says of it and not of the one before holds until the task says it itself. */
  function startTask(): void {
    job.startTask(true);
    titleIsDue = true;
    tasksBegun += 1;
    const told = deck?.tasks[tasksBegun - 1];
    if (deck === null || told === null || told === undefined) return;
    const before = deck.tasks[tasksBegun - 2];
    const { step } = job;
    const unsaid = deck.isRestart ? null : 0;
    if (step.charge === null || told.charge !== before?.charge) step.charge = told.charge ?? unsaid;
    if (step.multiplicity === null || told.multiplicity !== before?.multiplicity) {
      step.multiplicity = told.multiplicity ?? (deck.isRestart ? null : 1);
    }
    if (told.method !== before?.method) step.method = told.method ?? step.method;
    if (told.basis !== before?.basis) step.basis = told.basis ?? step.basis;
    shieldings.choose(told.shieldingAtoms);
  }

  function scfEnergy(text: string): void {
    const value = /^Total (?:(?:SO-)?DFT|SCF) energy\s*=\s*(\S+)/.exec(text)?.[1];
    if (value === undefined) return;
    job.setEnergy(realOf(value, 'the energy'));
    if (isConvergedAlready) job.step.spinSquared = lastSpinSquared;
    else lastSpinSquared = null;
    isConvergedAlready = false;
  }

  function spin(text: string): void {
    lastSpinSquared = realOf(/=\s*(\S+)/.exec(text)?.[1] ?? '', '<S2>');
    job.step.spinSquared = lastSpinSquared;
  }

  function correlatedEnergy(text: string): void {
    const match =
      /^Total (MP2|CCSD\(T\)|CCSD) energy\s*[:=]?\s*(\S+)/.exec(text) ??
      /^(\S+) total energy \/ hartree\s*=\s*(\S+)/.exec(text);
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
        if (tasksBegun > 0) deck = null;
        tasksBegun = 0;
        job.step.nameTag = null;
        job.version = /\(NWChem\)\s+(\S+)/.exec(text)?.[1] ?? null;
      }),
    },
    { start: '============================== echo of input deck', see: readDeck },
    // the rule above the input is lost in some files
    { start: 'start ', see: () => (job.version === null && deck === null ? readDeck() : null) },
    { start: 'NWChem Input Module', see: note(startTask) },
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
    { start: 'Total SO-DFT energy', see: note(scfEnergy) },
    ...['The DFT is already converged', 'The SCF is already converged'].map((start) => ({
      start,
      see: note(() => {
        isConvergedAlready = true;
      }),
    })),
    { start: 'Total MP2 energy', see: note(correlatedEnergy) },
    { start: 'Total CCSD', see: note(correlatedEnergy) },
    // of the tensor contraction engine
    ...['CC', 'CI', 'CR-', 'LR-', 'LCC', 'MBPT', 'QCI', 'ACC'].map((start) => ({ start, see: note(correlatedEnergy) })),
    { start: '<S2> =', see: note(spin) },
    { start: 'Chemical Shielding Tensors (GIAO', see: note(() => shieldings.begin()) },
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
