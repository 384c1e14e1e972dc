import type { StudyCell } from './grid.ts';

export const FINDING_VERDICTS = ['HOLDS', 'DOES_NOT_HOLD', 'CANNOT_BE_TESTED'] as const;
export type FindingVerdict = (typeof FINDING_VERDICTS)[number];

export interface FindingNumber {
  readonly name: string;
  readonly value: number;
  /** Null for a pure number. */
  readonly unit: 'ppm' | 'atoms' | null;
}

/** Something that the paper found, checked on other data. */
export interface Finding {
  readonly claim: string;
  readonly verdict: FindingVerdict;
  /** When the claim counts as true. */
  readonly criterion: string;
  /** Why it cannot be tested; null where it was. */
  readonly reason: string | null;
  /** What was compared. */
  readonly numbers: readonly FindingNumber[];
}

/** One model of a study on the test split. */
export interface StudyModel extends StudyCell {
  /** As messages call it. */
  readonly name: string;
  /** Null where there is no model: why. */
  readonly missing: string | null;
  /** Column of the predictions of the test atoms; empty where there is no model. */
  readonly predictedPpm: ArrayLike<number>;
}

/** All that the findings are reckoned from. */
export interface StudyEvidence {
  /** Columns over all atoms of the data set version. */
  readonly atoms: {
    readonly shieldingsPpm: Float64Array;
    /** Atoms of the cluster of each atom. */
    readonly sizes: Int32Array;
    /** Running coordination number at {@link NEIGHBOUR_RADIUS_ANGSTROM}. */
    readonly coordinationNumbers: Float64Array;
    /** Gross orbital populations by label: those that every atom has. */
    readonly populations: ReadonlyMap<string, Float64Array>;
  };
  /** Column of the calculated shieldings of the test split. */
  readonly testPpm: ArrayLike<number>;
  readonly models: readonly StudyModel[];
}

/** Within which the paper counts neighbours. */
export const NEIGHBOUR_RADIUS_ANGSTROM = 4;

/** Below this limit the paper speaks of the tail. */
export const TAIL_PPM = 500;

type Unjudged = Pick<Finding, 'claim' | 'criterion'>;

export function judged(finding: Unjudged, holds: boolean, numbers: readonly FindingNumber[]): Finding {
  return { ...finding, verdict: holds ? 'HOLDS' : 'DOES_NOT_HOLD', reason: null, numbers };
}

export function untestable(finding: Unjudged, reason: string, numbers: readonly FindingNumber[] = []): Finding {
  return { ...finding, verdict: 'CANNOT_BE_TESTED', reason, numbers };
}

export function inPpm(name: string, value: number): FindingNumber {
  return { name, value, unit: 'ppm' };
}

export function pure(name: string, value: number): FindingNumber {
  return { name, value, unit: null };
}

export function atomCount(name: string, value: number): FindingNumber {
  return { name, value, unit: 'atoms' };
}
