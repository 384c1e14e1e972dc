import type { ErrorCode } from '../../errors.ts';
import type { NameTag } from '../inputs/name-tag.ts';

/** What is wrong with a line. */
export interface Fault {
  readonly line: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/** A block of shieldings that is being read, or that broke off. */
export interface OpenBlock {
  /** Why it is no result. */
  fault(): Fault;
  /** A line of it cannot be right. */
  spoil(fault: Fault): void;
}

/** Where the centres of a step are, in the frame that its tensors and populations belong to. */
export interface Geometry {
  readonly line: number;
  /** How the program calls the frame, such as `standard orientation`. */
  readonly frame: string;
  /** Atomic number of each centre; 0 for a ghost: basis functions or a probe without a nucleus. */
  readonly atomicNumbers: number[];
  /** Flattened [centres, 3] row-major. */
  readonly positionsAngstrom: readonly number[];
}

/** One centre's shielding in ppm as printed; `tensor` in rows as printed. */
export interface Shielding {
  readonly isotropic: number;
  readonly tensor: readonly number[];
}

/** A complete block of shieldings. Centres count from 1. */
export interface Shieldings {
  readonly line: number;
  readonly gauge: string | null;
  /** Whether they are of the correlated method (MP2) and not of the SCF. */
  readonly correlated: boolean;
  readonly byCenter: ReadonlyMap<number, Shielding>;
}

/** Gross orbital populations (electrons) by label, of each centre that has any. Centres count from 1. */
export type Populations = ReadonlyMap<number, ReadonlyMap<string, number>>;

/** What a program computed at one geometry. */
export interface Step {
  readonly task: number;
  /** First line of the task. */
  readonly taskLine: number;
  /** What its user called it. */
  title: string | null;
  /** Which structure its input was written for, if it was one of ours. */
  nameTag: NameTag | null;
  geometry: Geometry | null;
  charge: number | null;
  multiplicity: number | null;
  method: string | null;
  basis: string | null;
  energyHartree: number | null;
  /** The method and energy beyond the SCF, if there is one. */
  correlated: { readonly method: string; readonly energyHartree: number } | null;
  spinSquared: number | null;
  shieldings: Shieldings | null;
  populations: Populations | null;
  /** Electric field gradients (a.u.) as printed, flattened [3, 3], by centre from 1. */
  readonly fieldGradients: Map<number, readonly number[]>;
  /** The first line that cannot be right. */
  fault: Fault | null;
}

/** A step that knows what the one before was told about charge, spin and level, and nothing that it computed. */
export function nextStep(before: Step | null, task: number, taskLine: number, geometry: Geometry | null): Step {
  return {
    task,
    taskLine,
    title: before?.title ?? null,
    nameTag: before?.nameTag ?? null,
    geometry,
    charge: before?.charge ?? null,
    multiplicity: before?.multiplicity ?? null,
    method: before?.method ?? null,
    basis: before?.basis ?? null,
    energyHartree: null,
    correlated: null,
    spinSquared: null,
    shieldings: null,
    populations: null,
    fieldGradients: new Map(),
    fault: null,
  };
}

/** Whether anything was computed in the step, so that another geometry begins another one. */
export function hasResults(step: Step): boolean {
  return (
    step.energyHartree !== null ||
    step.shieldings !== null ||
    step.populations !== null ||
    step.fieldGradients.size > 0 ||
    step.fault !== null
  );
}

/** By how much two prints of one geometry may differ: programs transform it again, and print six decimals or more. */
const REPRINT_ANGSTROM = 1.5e-6;

export function sameGeometry(a: Geometry, b: Geometry): boolean {
  return (
    a.atomicNumbers.length === b.atomicNumbers.length &&
    a.atomicNumbers.every((z, k) => z === b.atomicNumbers[k]) &&
    a.positionsAngstrom.every((x, k) => Math.abs(x - b.positionsAngstrom[k]) <= REPRINT_ANGSTROM)
  );
}
