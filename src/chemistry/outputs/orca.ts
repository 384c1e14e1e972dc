import type { Cue, Dialect, Section } from './cues.ts';
import { FieldError, realOf } from './fields.ts';
import type { Job } from './job.ts';
import { OrcaCoordinates } from './orca/coordinates.ts';
import { orcaFieldGradient } from './orca/field-gradient.ts';
import { orcaMethod, orcaSettings } from './orca/method.ts';
import { OrcaPopulations } from './orca/populations.ts';
import { OrcaShieldings } from './orca/shieldings.ts';

/** What ORCA says shortly before it gives up. */
const EXPLANATIONS = [
  'ERROR',
  'Error',
  'INPUT ERROR',
  'UNRECOGNIZED OR DUPLICATED',
  '[file orca',
  'The optimization did not converge',
  'SCF NOT CONVERGED',
];

/** Outputs of ORCA 5 and 6. */
export function orcaDialect(job: Job): Dialect {
  const settings = orcaSettings();
  let gauge: string | null = null;
  let nucleus = 0;

  function note(act: (text: string) => void): (text: string) => null {
    return (text) => {
      act(text);
      return null;
    };
  }

  function startJob(number: number): void {
    job.startTask(false);
    settings.job = number;
  }

  /** A line of the input, which ORCA repeats as `|  1> ! NMR B3LYP`. */
  function inputLine(text: string): void {
    const input = /^\|\s*\d+>\s*(.*)$/.exec(text)?.[1] ?? '';
    if (/^(\$new_job|new_step)\b/i.test(input) && settings.keywords.some((words) => words.length > 0)) {
      if (settings.keywords.length < 1000) settings.keywords.push([]);
    }
    const words = /^(?:new_step\s+)?!\s*([^#]*)/i.exec(input)?.[1];
    if (words !== undefined) {
      const own = settings.keywords[settings.keywords.length - 1];
      if (own.length < 200) own.push(...words.trim().toUpperCase().split(/\s+/));
    }
  }

  function setting(text: string): string | null {
    return /\.{3,}\s*(\S+)/.exec(text)?.[1] ?? null;
  }

  function integerSetting(text: string): number | null {
    const value = setting(text);
    if (value === null) return null;
    if (!/^-?\d+$/.test(value)) throw new FieldError('MALFORMED_FILE', `"${text.slice(0, 60)}" has no integer.`);
    return Number(value);
  }

  function energy(text: string): void {
    const value = /^FINAL SINGLE POINT ENERGY(?: \([^)]*\))?\s+(\S+)/.exec(text)?.[1];
    if (value !== undefined) setEnergy(value);
    if (/not (fully )?converged/i.test(text)) job.facts.set('scf_converged', false);
  }

  function setEnergy(value: string): void {
    job.setEnergy(realOf(value, 'the energy'));
    job.step.method = orcaMethod(settings);
    if (settings.reference !== null) job.facts.set('reference', settings.reference);
  }

  function spin(text: string): void {
    const value = /:\s*(\S+)/.exec(text)?.[1];
    if (value !== undefined) job.step.spinSquared = realOf(value, '<S**2>');
  }

  function shieldings(): Section {
    return new OrcaShieldings(job, gauge, false);
  }

  const cues: Cue[] = [
    {
      start: 'Program Version',
      see: note((text) => {
        // outputs of several runs may stand in one file
        if (job.version !== null) startJob(1);
        job.version = /^Program Version\s+(\S+)/.exec(text)?.[1] ?? null;
      }),
    },
    { start: 'NAME =', see: note((text) => (job.step.title = text.slice(6).trim() || null)) },
    { start: '|', see: note(inputLine) },
    { start: '$$$', see: note((text) => jobNumber(/JOB NUMBER\s+(\d+)/.exec(text))) },
    { start: '*  ', see: note((text) => jobNumber(/COMPOUND JOB\s+(\d+)/.exec(text))) },
    { start: 'COMPOUND JOB', see: note((text) => jobNumber(/COMPOUND JOB\s+(\d+)/.exec(text))) },
    {
      start: 'Your calculation utilizes the basis:',
      see: note((text) => (job.step.basis = text.slice(36).trim() || null)),
    },
    { start: 'CARTESIAN COORDINATES (ANGSTROEM)', see: () => new OrcaCoordinates(job) },
    { start: 'Density Functional     Method', see: note(() => (settings.isDft = true)) },
    { start: 'Ab initio Hamiltonian  Method', see: note(() => (settings.isDft = false)) },
    { start: 'Exchange Functional    Exchange', see: note((text) => (settings.exchange = setting(text))) },
    { start: 'Correlation Functional Correlation', see: note((text) => (settings.correlation = setting(text))) },
    { start: 'Hartree-Fock type      HFTyp', see: note((text) => (settings.reference = setting(text))) },
    { start: 'Total Charge           Charge', see: note((text) => (job.step.charge = integerSetting(text))) },
    { start: 'Multiplicity           Mult', see: note((text) => (job.step.multiplicity = integerSetting(text))) },
    { start: 'FINAL SINGLE POINT ENERGY', see: note(energy) },
    { start: 'Expectation value of <S**2>', see: note(spin) },
    { start: 'Treatment of gauge', see: note((text) => (gauge = setting(text))) },
    { start: 'Choice of magnetic origin', see: note((text) => (gauge = setting(text))) },
    { start: 'CHEMICAL SHIFTS', see: (text) => (text === 'CHEMICAL SHIFTS' ? shieldings() : null) },
    { start: 'CHEMICAL SHIELDINGS (ppm)', see: shieldings },
    {
      start: 'Nucleus ',
      see: note((text) => {
        const match = /^Nucleus\s+(\d+)\s*[A-Za-z]{1,2}\s*:/.exec(text);
        nucleus = match === null ? 0 : Number(match[1]) + 1;
      }),
    },
    { start: 'Raw EFG matrix', see: () => (nucleus > 0 ? orcaFieldGradient(job, nucleus) : null) },
    { start: 'MULLIKEN ORBITAL CHARGES', see: () => new OrcaPopulations(job) },
    ...EXPLANATIONS.map((start) => ({ start, see: note((text) => job.warn(text)) })),
    { start: 'ORCA finished by error', see: note((text) => job.endWithError(text)) },
    { start: '****ORCA TERM', see: note(() => job.endNormally()) },
  ];
  return { cues };

  function jobNumber(match: RegExpExecArray | null): void {
    if (match !== null) startJob(Number(match[1]));
  }
}
