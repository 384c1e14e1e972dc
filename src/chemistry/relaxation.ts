import { NatriumError } from '../errors.ts';
import { countParts } from './relaxation/connection.ts';
import { guptaPotential } from './relaxation/gupta.ts';
import { minimise } from './relaxation/minimiser.ts';
import type { Structure } from './structure.ts';

export const DEFAULT_FORCE_TOLERANCE_EV_PER_ANGSTROM = 1e-6;
export const DEFAULT_RELAXATION_STEPS = 5000;
export const MOST_RELAXATION_STEPS = 100_000;

/** Forces of large clusters are sums of many that cancel, each known to some 1e-15. */
const LEAST_FORCE_TOLERANCE = 1e-10;
const LONGEST_STEP_ANGSTROM = 0.2;
const CONNECTED_ANGSTROM = 6;

export interface RelaxationOptions {
  /** Converged when the force on no atom (Euclidean norm) is larger; default 1e-6 eV/Å. */
  readonly forceToleranceEvPerAngstrom?: number;
  /** From 1 to 100,000; default 5,000; 20 atoms need some 100, 500 atoms some 1,000. */
  readonly mostSteps?: number;
}

export interface Relaxation {
  /** The same atoms in the same order, charge and multiplicity, at relaxed positions. */
  readonly structure: Structure;
  /**
   * `fellApart`: the cluster is in parts more than 6 Å from each other, whatever the forces are. `noProgress`: rounding
   * forbids a smaller force.
   */
  readonly outcome: 'converged' | 'fellApart' | 'tooManySteps' | 'noProgress';
  /** What happened, in a sentence, if it did not converge. */
  readonly reason: string | null;
  readonly energyBeforeEv: number;
  readonly energyAfterEv: number;
  /** The largest force on an atom at the end (Euclidean norm). */
  readonly largestForceEvPerAngstrom: number;
  readonly steps: number;
}

/**
 * Moves the atoms of a sodium cluster downhill to a minimum of the Gupta potential (`guptaPotential`), by L-BFGS, no atom
 * by more than 0.2 Å in a step. Nothing turns or shifts the cluster as a whole, beyond what the atoms' own ways add up to.
 * The same structure gives the same bits on every machine.
 *
 * A relaxation that does not converge is an outcome, not an error. Throws what `guptaPotential` throws, and BAD_USER_INPUT
 * for options outside their range.
 *
 * @param where names the structure in messages
 */
export function relaxCluster(structure: Structure, where: string, options: RelaxationOptions = {}): Relaxation {
  const {
    forceToleranceEvPerAngstrom = DEFAULT_FORCE_TOLERANCE_EV_PER_ANGSTROM,
    mostSteps = DEFAULT_RELAXATION_STEPS,
  } = options;
  checkRelaxationOptions({ forceToleranceEvPerAngstrom, mostSteps });
  const potential = guptaPotential(structure, where);
  const start = structure.positionsAngstrom;
  const energyBeforeEv = potential(start, new Float64Array(start.length));
  const minimum = minimise(potential, start, {
    groupSize: 3,
    gradientTolerance: forceToleranceEvPerAngstrom,
    longestStep: LONGEST_STEP_ANGSTROM,
    mostSteps,
  });
  const parts = countParts(minimum.x, CONNECTED_ANGSTROM);
  const outcome = parts > 1 ? 'fellApart' : minimum.outcome;
  const force = `${minimum.longestGradient.toExponential(1)} eV/Å`;
  const reasons: Record<Relaxation['outcome'], string | null> = {
    converged: null,
    fellApart: `${where} is in ${parts} parts more than ${CONNECTED_ANGSTROM} Å from each other.`,
    tooManySteps: `${where} still has a force of ${force} after ${mostSteps} steps; allow more.`,
    noProgress: `${where} still has a force of ${force}, which rounding lets fall no more; raise the tolerance.`,
  };
  return {
    structure: { ...structure, positionsAngstrom: minimum.x },
    outcome,
    reason: reasons[outcome],
    energyBeforeEv,
    energyAfterEv: minimum.value,
    largestForceEvPerAngstrom: minimum.longestGradient,
    steps: minimum.steps,
  };
}

/** Throws BAD_USER_INPUT for options outside their range. */
export function checkRelaxationOptions(options: Required<RelaxationOptions>): void {
  const { forceToleranceEvPerAngstrom: forceTolerance, mostSteps } = options;
  if (!(forceTolerance >= LEAST_FORCE_TOLERANCE && Number.isFinite(forceTolerance))) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `The force tolerance is ${forceTolerance} eV/Å; give ${LEAST_FORCE_TOLERANCE} at least, since rounding allows no less; the ` +
        `default is ${DEFAULT_FORCE_TOLERANCE_EV_PER_ANGSTROM}.`,
    );
  }
  if (!Number.isInteger(mostSteps) || mostSteps < 1 || mostSteps > MOST_RELAXATION_STEPS) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `A relaxation of at most ${mostSteps} steps is not possible; give an integer from 1 to ${MOST_RELAXATION_STEPS}.`,
    );
  }
}
