import { type NameTag, parseNameTag } from '../inputs/name-tag.ts';
import { alike, type Cue, type Dialect, note } from './cues.ts';
import { FieldError, fileNameOf, realOf } from './fields.ts';
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
];

/** How lines of the input begin that ORCA repeats: `|  1>` to `|999>`. */
const INPUT_LINES = [...' 123456789'].map((digit) => `|${digit}`);

/** Outputs of ORCA 5 and 6. */
export function orcaDialect(job: Job): Dialect {
  const settings = orcaSettings();
  const shieldings = new OrcaShieldings(job);
  /** Of each job of the input. */
  const nameTags: (NameTag | undefined)[] = [];
  let gauge: string | null = null;
  let nucleus = 0;

  function startJob(number: number): void {
    job.startTask(false);
    Object.assign(settings, { job: number, isDft: null, reference: null, exchange: null, correlation: null });
    job.step.nameTag = nameTags[number - 1] ?? job.step.nameTag;
  }

  /** Outputs of several runs may stand in one file. */
  function startRun(): void {
    settings.keywords.splice(0, settings.keywords.length, []);
    nameTags.length = 0;
    startJob(1);
    job.step.nameTag = null;
  }

  /** A line of the input, which ORCA repeats as `|  1> ! NMR B3LYP`. */
  function inputLine(text: string): void {
    const input = /^\|\s*\d+>\s*(.*)$/.exec(text)?.[1] ?? '';
    if (/^(\$new_job|new_step)\b/i.test(input) && settings.keywords.some((words) => words.length > 0)) {
      if (settings.keywords.length < 1000) settings.keywords.push([]);
    }
    const nameTag = input.startsWith('#') ? parseNameTag(input) : null;
    if (nameTag !== null) {
      nameTags[settings.keywords.length - 1] ??= nameTag;
      job.step.nameTag ??= nameTag;
    }
    const system = /^\*\s*\w+\s+(-?\d+)\s+(\d+)\b/.exec(input);
    if (system !== null) {
      // printed again further down, but not at every print level
      job.step.charge ??= Number(system[1]);
      job.step.multiplicity ??= Number(system[2]);
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

  function namedNucleus(text: string): void {
    const match = /^Nucleus\s+(\d+)\s*([A-Za-z]{1,2})\s*:/.exec(text);
    nucleus = match === null ? 0 : Number(match[1]) + 1;
    if (match !== null) shieldings.beginNucleus(nucleus, match[2]);
  }

  const cues: Cue[] = [
    {
      start: 'Program Version',
      see: note((text) => {
        if (job.version !== null) startRun();
        job.version = /^Program Version\s+(\S+)/.exec(text)?.[1] ?? null;
      }),
    },
    { start: 'NAME =', see: note((text) => (job.step.title = fileNameOf(text.slice(6)))) },
    ...alike(INPUT_LINES, note(inputLine)),
    { start: '$$$', see: note((text) => jobNumber(/JOB NUMBER\s+(\d+)/.exec(text))) },
    { start: '*  ', see: note(boxed) },
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
    { start: 'CHEMICAL SHIFTS', see: note((text) => text === 'CHEMICAL SHIFTS' && shieldings.begin(gauge)) },
    { start: 'CHEMICAL SHIELDINGS (ppm)', see: note(() => shieldings.begin(gauge)) },
    { start: 'Total shielding tensor (ppm)', see: () => shieldings.totalTensor() },
    { start: 'Total  ', see: note((text) => shieldings.total(text)) },
    { start: 'CHEMICAL SHIELDING SUMMARY', see: note(() => shieldings.finish()) },
    { start: 'Nucleus ', see: note(namedNucleus) },
    { start: 'Raw EFG matrix', see: () => (nucleus > 0 ? orcaFieldGradient(job, nucleus) : null) },
    { start: 'MULLIKEN ORBITAL CHARGES', see: () => new OrcaPopulations(job) },
    ...alike(
      EXPLANATIONS,
      note((text) => job.warn(text)),
    ),
    { start: 'ORCA finished by error', endsFile: true, see: note((text) => job.endWithError(text)) },
    { start: '****ORCA TERM', endsFile: true, see: note(() => job.endNormally()) },
  ];
  return { cues };

  /** A line of one of the boxes that ORCA draws with asterisks. */
  function boxed(text: string): void {
    jobNumber(/COMPOUND JOB\s+(\d+)/.exec(text));
    const complaint = /SCF NOT CONVERGED[^*]*/.exec(text);
    if (complaint !== null) job.warn(complaint[0]);
  }

  function jobNumber(match: RegExpExecArray | null): void {
    if (match !== null) startJob(Number(match[1]));
  }
}
