import { LONGER_SCHNET } from '../support/training.ts';

export const isSmall = process.env.CHAOS_SIZE !== 'large';

/** What all scenarios train: long enough to be disturbed at many points, short enough to be done often. */
export const TRAINING = {
  ...LONGER_SCHNET,
  datasetVersion: 'synthetic/1',
  epochs: isSmall ? 2000 : 5000,
};

/** 1, 2, … as many as the scenario with most trials needs. */
export const SEEDS = Array.from({ length: isSmall ? 10 : 40 }, (_, i) => i + 1);

/** How long a run may take of which parts are lost on the way, on a machine with other things to do. */
export const PATIENCE_SECONDS = isSmall ? 400 : 3600;

/** Sha256 of the weights by seed. */
export type Weights = Readonly<Record<number, string | null>>;
