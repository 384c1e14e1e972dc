import { coordinateLines } from './coordinates.ts';
import type { InputBasis, InputJob, InputMethod } from './job.ts';

/** `B3LYP/G` has VWN's functional as in Gaussian; ORCA's own B3LYP has another. */
const FUNCTIONALS: Readonly<Record<InputMethod, string>> = { B3LYP: 'B3LYP/G', PBE0: 'PBE0', PBE: 'PBE' };
const BASES: Readonly<Record<InputBasis, string>> = {
  '6-31G': '6-31G',
  '6-31G(d)': '6-31G(d)',
  '6-31G(d,p)': '6-31G(d,p)',
  '6-31+G(d)': '6-31+G(d)',
};
/** ORCA lets one process use up to a third more than it is told. */
const MEMORY_SHARE = 0.75;

/**
 * Input of ORCA 5 and 6: GIAO shieldings and Mulliken populations of each function, without the density fitting that ORCA
 * does on its own (`NORI`), in the frame given. ORCA has no Cartesian d functions: its 6-31G(d) has five where the other
 * programs have six, so its results are of a level of theory of their own. With a stability check a first job finds the stable
 * solution, which ORCA does beside nothing else, and the second reads its orbitals.
 */
export function orcaInput(job: InputJob): string {
  const mix = job.mixesGuess ? ['  GuessMix 45'] : [];
  if (!job.stabilityCheck) return lines([`# ${job.tag}`, ...shieldings(job, [], mix)]);
  const stable = `${job.name}-stable`;
  return lines([
    `# ${job.tag}`,
    `! ${keywords(job)}`,
    `%base "${stable}"`,
    ...resources(job),
    ...scf([...mix, '  STABPerform true', '  STABRestartUHFifUnstable true']),
    ...geometry(job),
    '',
    '$new_job',
    `# ${job.tag}`,
    ...shieldings(job, [`%base "${job.name}"`, `%moinp "${stable}.gbw"`], []),
  ]);
}

function shieldings(job: InputJob, directives: readonly string[], scfLines: readonly string[]): string[] {
  return [
    `! ${keywords(job)} NMR${directives.length === 0 ? '' : ' MORead'}`,
    ...directives,
    ...resources(job),
    ...scf(scfLines),
    '%output',
    '  Print[P_OrbCharges_M] 1',
    'end',
    ...geometry(job),
  ];
}

function keywords(job: InputJob): string {
  return `${job.isUnrestricted ? 'UKS' : 'RKS'} ${FUNCTIONALS[job.method]} ${BASES[job.basis]} NORI TightSCF`;
}

function resources({ processors, memoryMegabytes }: InputJob): string[] {
  const perProcess =
    memoryMegabytes === null ? null : Math.max(1, Math.floor((MEMORY_SHARE * memoryMegabytes) / (processors ?? 1)));
  return [
    ...(processors === null ? [] : ['%pal', `  nprocs ${processors}`, 'end']),
    ...(perProcess === null ? [] : [`%maxcore ${perProcess}`]),
  ];
}

function scf(settings: readonly string[]): string[] {
  return settings.length === 0 ? [] : ['%scf', ...settings, 'end'];
}

function geometry({ structure }: InputJob): string[] {
  return [`* xyz ${structure.charge} ${structure.multiplicity}`, ...coordinateLines(structure), '*'];
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
