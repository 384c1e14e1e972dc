import { coordinateLines } from './coordinates.ts';
import type { InputJob, InputMethod } from './job.ts';

const FUNCTIONALS: Readonly<Record<InputMethod, string>> = { B3LYP: 'B3LYP', PBE0: 'PBE1PBE', PBE: 'PBEPBE' };
const TITLE_WIDTH = 72;

/**
 * Input of Gaussian 09 and 16: GIAO shieldings and all gross orbital populations (`Pop=Full`), Cartesian d functions (`6D`), in
 * the frame given (`NoSymm`; tensors and populations depend on it). With a stability check a first step finds the stable
 * solution (`Stable=Opt`), and the second starts from its orbitals.
 */
export function gaussianInput(job: InputJob): string {
  const mix = job.mixesGuess ? ['Guess=Mix'] : [];
  const shieldings = ['NMR', 'Pop=Full'];
  return job.stabilityCheck
    ? `${step(job, ['Stable=Opt', ...mix])}--Link1--\n${step(job, [...shieldings, 'Guess=Read'])}`
    : step(job, [...shieldings, ...mix]);
}

/** One job step; the blank lines end its sections. */
function step(job: InputJob, keywords: readonly string[]): string {
  const { structure, basis, processors, memoryMegabytes } = job;
  const functional = `${job.isUnrestricted ? 'U' : 'R'}${FUNCTIONALS[job.method]}`;
  return [
    `%Chk=${job.name}.chk`,
    ...(processors === null ? [] : [`%NProcShared=${processors}`]),
    ...(memoryMegabytes === null ? [] : [`%Mem=${memoryMegabytes}MB`]),
    `#P ${[`${functional}/${basis}`, '6D', ...keywords, 'NoSymm'].join(' ')}`,
    '',
    ...titleLines(job.tag),
    '',
    `${structure.charge} ${structure.multiplicity}`,
    ...coordinateLines(structure),
    '',
    '',
  ].join('\n');
}

/** A title may have five lines of 80 characters. */
function titleLines(tag: string): string[] {
  return tag.match(new RegExp(`.{1,${TITLE_WIDTH}}`, 'g')) ?? [];
}
