import { NatriumError } from '../../errors.ts';

/** The size of a SchNet. */
export interface SchNetHyperparameters {
  /** Features of an atom. */
  readonly atomBasis: number;
  /** Filters of a continuous-filter convolution. */
  readonly filters: number;
  /** Gaussians in which a distance is expanded, on [0, cutoff]. */
  readonly gaussians: number;
  /** Distance in Å from which atoms no longer see each other. */
  readonly cutoffAngstrom: number;
  /** Interaction blocks. */
  readonly interactions: number;
}

/** The network of the paper (Kaneko et al., J. Mater. Inf. 2023, 3, 8). */
export const SCHNET_DEFAULTS: SchNetHyperparameters = {
  atomBasis: 128,
  filters: 128,
  gaussians: 25,
  cutoffAngstrom: 6,
  interactions: 2,
};

/** Inclusive ranges; all but the cutoff are integers. */
export const SCHNET_RANGES: { readonly [K in keyof SchNetHyperparameters]: readonly [number, number] } = {
  // the output network's hidden layer has half as many
  atomBasis: [2, 1024],
  filters: [1, 1024],
  // the width of the Gaussians is their spacing, which needs two
  gaussians: [2, 512],
  cutoffAngstrom: [0.5, 30],
  interactions: [1, 12],
};

/** Throws `INVALID_HYPERPARAMETER` naming the first field outside its range, its value and the range. */
export function checkSchNetHyperparameters(hyperparameters: SchNetHyperparameters): void {
  for (const field of Object.keys(SCHNET_RANGES) as (keyof SchNetHyperparameters)[]) {
    const kind = field === 'cutoffAngstrom' ? 'number' : 'integer';
    checkRange(field, hyperparameters[field], SCHNET_RANGES[field], kind);
  }
}

/** Throws `INVALID_HYPERPARAMETER` unless `value` is a finite number (or integer) within the inclusive range. */
export function checkRange(
  field: string,
  value: number,
  [least, most]: readonly [number, number],
  kind: 'number' | 'integer',
): void {
  const isKind = kind === 'integer' ? Number.isInteger(value) : Number.isFinite(value);
  if (!isKind || value < least || value > most) {
    throw new NatriumError(
      'INVALID_HYPERPARAMETER',
      `${field} is ${value}; it must be ${kind === 'integer' ? 'an integer' : 'a number'} from ${least} to ${most}.`,
      { field, value, least, most },
    );
  }
}
