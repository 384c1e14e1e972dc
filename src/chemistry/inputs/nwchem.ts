import { NatriumError } from '../../errors.ts';
import { coordinateLines } from './coordinates.ts';
import type { InputBasis, InputJob, InputMethod } from './job.ts';

/** NWChem's b3lyp has VWN's functional in the parametrisation that Gaussian takes. */
const FUNCTIONALS: Readonly<Record<InputMethod, string>> = { B3LYP: 'b3lyp', PBE0: 'pbe0', PBE: 'xpbe96 cpbe96' };
const LIBRARY: Readonly<Record<InputBasis, string>> = {
  '6-31G': '6-31G',
  '6-31G(d)': '6-31G*',
  '6-31G(d,p)': '6-31G**',
  '6-31+G(d)': '6-31+G*',
};

/**
 * Input of NWChem 7: GIAO shieldings and gross orbital populations by the property module, Cartesian d functions, in the frame
 * given. NWChem cannot mix HOMO and LUMO, so an open-shell singlet is sought from the orbitals of a step in which constrained DFT
 * holds the two spins apart. Throws BAD_USER_INPUT if a stability check is asked for, which NWChem does not have.
 */
export function nwchemInput(job: InputJob): string {
  const { structure, name, processors, memoryMegabytes } = job;
  if (job.stabilityCheck) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      'NWChem has no stability check; leave stabilityCheck out, or write the input for Gaussian, ORCA or PySCF.',
    );
  }
  // NWChem counts memory by process
  const memory = memoryMegabytes === null ? null : Math.max(1, Math.floor(memoryMegabytes / (processors ?? 1)));
  return [
    `title "${job.tag}"`,
    `start ${name}`,
    'echo',
    ...(memory === null ? [] : [`memory total ${memory} mb`]),
    '',
    `charge ${structure.charge}`,
    'geometry units angstroms nocenter noautosym noautoz',
    ...coordinateLines(structure),
    'end',
    'basis "ao basis" cartesian',
    `  * library "${LIBRARY[job.basis]}"`,
    'end',
    '',
    ...(job.mixesGuess && structure.atomicNumbers.length > 1
      ? fromConstrainedSpin(job)
      : dft(job, [`mult ${structure.multiplicity}`])),
    'property',
    '  shielding',
    '  mulliken',
    '  print "ao gross population"',
    'end',
    'task dft property',
    '',
  ].join('\n');
}

function dft(job: InputJob, lines: readonly string[]): string[] {
  const all = [
    `xc ${FUNCTIONALS[job.method]}`,
    ...(job.isUnrestricted ? ['odft'] : []),
    'grid fine',
    'iterations 200',
    ...lines,
  ];
  return ['dft', ...all.map((line) => `  ${line}`), 'end'];
}

/** A first step with one electron's spin held on the first half of the atoms; its orbitals start the step without constraint. */
function fromConstrainedSpin(job: InputJob): string[] {
  const guess = `${job.name}.guess.movecs`;
  const half = Math.floor(job.structure.atomicNumbers.length / 2);
  return [
    ...dft(job, ['mult 1', `cdft 1 ${half} spin 1.0`, `vectors output ${guess}`]),
    // the guess serves even where the constrained step does not converge
    'task dft energy ignore',
    'unset dft:lcdft',
    '',
    ...dft(job, ['mult 1', `vectors input ${guess} output ${job.name}.movecs`]),
  ];
}
