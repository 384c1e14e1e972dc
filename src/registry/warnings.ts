export const PREDICTION_WARNING_CODES = [
  'OTHER_FRAME',
  'ARBITRARY_FRAME',
  'EXTRAPOLATED_DISTANCE',
  'ISOLATED_ATOM',
  'DISTANCES_NOT_RECORDED',
] as const;
export type PredictionWarningCode = (typeof PREDICTION_WARNING_CODES)[number];

/** Why shieldings of a version may not be what they seem: of one cluster, or of those of an evaluation taken together. */
export interface PredictionWarning {
  readonly code: PredictionWarningCode;
  readonly message: string;
  /** Indices, from 0, of the atoms that show it best; left out where it is about all. */
  readonly atoms?: readonly number[];
  /** Between these atoms. */
  readonly distanceAngstrom?: number;
  /** The shortest and the longest distance of these elements in training. */
  readonly trainedFromAngstrom?: number;
  readonly trainedToAngstrom?: number;
  /** How many pairs of atoms, or atoms, are like these, in all clusters concerned. */
  readonly count?: number;
  /** How many clusters are concerned; left out: one. */
  readonly clusterCount?: number;
  /** Of an evaluation: the calculations most concerned, the first holds the atoms; not all if there are many. */
  readonly calculationIds?: readonly string[];
}

/** What a prediction was made of. */
export interface PredictionKey {
  readonly modelVersionId: string;
  readonly clusterId: string;
  /** Whose populations it was made with, if any. */
  readonly calculationId: string | null;
}
