import { alike, type Cue, note } from '../cues.ts';
import { FieldError, realOf } from '../fields.ts';
import type { Job } from '../job.ts';

/** What NWChem's modules print of a wavefunction: charge, spin, energies and <S2>. */
export function nwchemScfCues(job: Job): Cue[] {
  /** Numbers of alpha and beta electrons, where the multiplicity is not said otherwise. */
  const electrons: { alpha: number | null; beta: number | null } = { alpha: null, beta: null };

  /** Of the SCF that ran last; a task that finds it converged prints its energy again, but not this. */
  let lastSpinSquared: number | null = null;
  let isConvergedAlready = false;

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

  const alreadyConverged = note(() => {
    isConvergedAlready = true;
  });

  return [
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
    { start: 'The DFT is already converged', see: alreadyConverged },
    { start: 'The SCF is already converged', see: alreadyConverged },
    { start: 'Total MP2 energy', see: note(correlatedEnergy) },
    { start: 'Total CCSD', see: note(correlatedEnergy) },
    // of the tensor contraction engine
    ...alike(['CC', 'CI', 'CR-', 'LR-', 'LCC', 'MBPT', 'QCI', 'ACC'], note(correlatedEnergy)),
    { start: '<S2> =', see: note(spin) },
  ];
}
