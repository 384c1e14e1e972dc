import { alike, type Cue, type Dialect, note, type Section } from './cues.ts';
import { FieldError, realOf } from './fields.ts';
import { GaussianCorrelatedEnergy } from './gaussian/correlated-energy.ts';
import { GaussianFieldGradients } from './gaussian/field-gradient.ts';
import { type Heading, HeadingBox } from './gaussian/heading.ts';
import { OrientationTable } from './gaussian/orientation.ts';
import { GaussianPopulations } from './gaussian/populations.ts';
import { GaussianShieldings } from './gaussian/shieldings.ts';
import type { Job } from './job.ts';

/** What Gaussian says shortly before it gives up. */
const EXPLANATIONS = [
  'Convergence failure',
  'Convergence criterion not met',
  'Optimization stopped',
  'Erroneous write',
  'Out-of-memory error',
  'galloc:',
  'QPErr',
  'The combination of multiplicity',
  'Inconsistency:',
  'Atom too close',
  'Problem with the distance matrix',
  'Small interatomic distances',
  'End of file in',
];

const NO_HEADING: Heading = { route: '', title: null, nameTag: null, isOver: false };

/** Outputs of Gaussian 09 and 16 (and 03), at any print level that prints the orientation. */
export function gaussianDialect(job: Job): Dialect {
  const heading: Heading = { ...NO_HEADING };
  const gradients = new GaussianFieldGradients(job);
  const correlated = new GaussianCorrelatedEnergy(job, () => heading.route);

  function startTask(): null {
    job.startTask(false);
    Object.assign(heading, NO_HEADING);
    return null;
  }

  function headingBox(): Section | null {
    return heading.isOver ? null : new HeadingBox(heading);
  }

  function chargeAndMultiplicity(text: string): null {
    const match = /^Charge\s*=\s*(-?\d+)\s+Multiplicity\s*=\s*(\d+)\s*(.*)$/.exec(text);
    // ONIOM and counterpoise jobs go on with the charges of their parts
    if (
      match === null ||
      !/^(in supermolecule|for (low|high)\s+level calculation on real\s+system)?\.?$/.test(match[3])
    ) {
      return null;
    }
    job.step.charge = Number(match[1]);
    job.step.multiplicity = Number(match[2]);
    job.step.title = heading.title;
    job.step.nameTag = heading.nameTag;
    heading.isOver = true;
    return null;
  }

  function scfDone(text: string): null {
    const match = /^SCF Done:\s+E\(([^)]+)\)\s*=\s*(\S+)/.exec(text);
    if (match === null) throw new FieldError('MALFORMED_FILE', 'SCF Done without an energy.');
    job.setEnergy(realOf(match[2], 'the SCF energy'));
    job.step.method = match[1].trim();
    return null;
  }

  /** Of molecular mechanics, and of semi-empirical methods in older versions. */
  function plainEnergy(text: string): void {
    const value = /^Energy=\s*(\S+)\s+NIter=/.exec(text)?.[1];
    if (value !== undefined) job.setEnergy(realOf(value, 'the energy'));
  }

  /** The energy of all layers together, after those of each layer. */
  function layersEnergy(text: string): void {
    const value = /^ONIOM: extrapolated energy\s*=\s*(\S+)/.exec(text)?.[1];
    if (value === undefined) return;
    job.setEnergy(realOf(value, 'the ONIOM energy'));
    job.step.method = 'ONIOM';
  }

  function spinBeforeAnnihilation(text: string): null {
    const match = /^S\*\*2 before annihilation\s+([^\s,]+)/.exec(text);
    if (match !== null) job.step.spinSquared = realOf(match[1], '<S**2> before annihilation');
    return null;
  }

  function spinExpectation(text: string): null {
    const match = /<S\*\*2>=\s*(\S+)/.exec(text);
    if (match !== null) job.step.spinSquared = realOf(match[1], '<S**2>');
    return null;
  }

  function shieldings(text: string): Section | null {
    const match = /^(?:(SCF|MP2)\s+)?(?:(\w+)\s+)?Magnetic shielding tensor \(ppm\):?$/.exec(text);
    if (match === null) return null;
    const someAtoms = /\bnmr\b[^\s]*(readatoms|atoms)/.test(heading.route);
    return new GaussianShieldings(job, match[2] ?? null, match[1] === 'MP2', !someAtoms);
  }

  function version(text: string): null {
    const cited = /^Gaussian (\S.*?), Revision (\S+?),?$/.exec(text) ?? /^Gaussian (\d+):\s+\S*Rev([\w.+]+)/.exec(text);
    if (cited !== null) job.version = `${cited[1]} Revision ${cited[2]}`;
    return null;
  }

  const cues: Cue[] = [
    { start: 'Gaussian ', see: version },
    { start: 'Entering Link 1', see: startTask },
    { start: 'Link1:', see: startTask },
    { start: '---', see: headingBox },
    ...alike(['1\\1\\', '1|1|'], archiveEntry),
    { start: 'Charge', see: chargeAndMultiplicity },
    ...['Standard orientation:', 'Input orientation:', 'Z-Matrix orientation:'].map((start) => ({
      start,
      see: (text: string) => (text === start ? new OrientationTable(job, start) : null),
    })),
    { start: 'Standard basis:', see: (text) => basis(job, /^Standard basis:\s*(.*?)\s*(?:\([56]D,.*)?$/.exec(text)) },
    { start: 'General basis read', see: (text) => basis(job, /^(Gen)eral/.exec(text)) },
    {
      start: 'Basis read from',
      see: (text) => basis(job, job.step.basis === null ? /^(Basis read from \w+)/.exec(text) : null),
    },
    { start: 'SCF Done:', see: scfDone },
    { start: 'ONIOM: extrapolated', see: note(layersEnergy) },
    { start: 'Energy=', see: note(plainEnergy) },
    { start: 'E2', see: note((text) => correlated.secondOrder(text)) },
    ...alike(
      ['E3=', 'E4(', 'DEMP5'],
      note((text) => correlated.higherOrder(text)),
    ),
    ...alike(
      ['DE(C', 'Wavefunction amplitudes converged.'],
      note((text) => correlated.iteration(text)),
    ),
    ...alike(
      ['CCSD(T)', 'QCISD(T)', 'BD(T)'],
      note((text) => correlated.triples(text)),
    ),
    { start: 'S**2 before', see: spinBeforeAnnihilation },
    { start: '<Sx>=', see: spinExpectation },
    ...alike(['SCF ', 'MP2 ', 'GIAO', 'CSGT', 'IGAIM', 'Magnetic s'], shieldings),
    {
      start: 'Gross orbital populations:',
      see: (text) => (text === 'Gross orbital populations:' ? new GaussianPopulations(job) : null),
    },
    {
      start: 'Center',
      see: (text) => (/---- +(Electric Field Gradient|EFG at Nuclei) +----/.test(text) ? gradients.table() : null),
    },
    ...alike(
      EXPLANATIONS,
      note((text) => job.warn(text)),
    ),
    {
      start: 'Error termination',
      endsFile: true,
      see: note((text) => job.endWithError(text)),
    },
    {
      start: 'Normal termination',
      endsFile: true,
      see: note(() => job.endNormally()),
    },
  ];
  return { cues };
}

/** The summary at the end of a job, whose lines are broken anywhere and may begin like anything. */
function archiveEntry(): Section {
  return { take: (text) => text.trim() !== '' && !text.trimEnd().endsWith('@') };
}

function basis(job: Job, match: RegExpExecArray | null): null {
  if (match !== null && match[1] !== '') job.step.basis = match[1];
  return null;
}
