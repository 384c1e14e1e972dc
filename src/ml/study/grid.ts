import type { ModelKind, SchNetSettings, Target } from '../model.ts';

export const STUDY_FEATURES = ['CN', 'GOP', 'CN_GOP'] as const;
/** Running coordination numbers, gross orbital populations, or both. */
export type StudyFeatures = (typeof STUDY_FEATURES)[number];

/** One of the trainings of which a study consists. */
export interface StudyCell {
  readonly kind: ModelKind;
  /** Null: SchNet sees the structure itself. */
  readonly features: StudyFeatures | null;
  readonly target: Target;
  /** Null: a Lasso has no choice. */
  readonly loss: SchNetSettings['loss'] | null;
}

const STUDY_TARGETS = ['DIRECT', 'TRANSFORMED'] as const;

/** The paper's grid of ten: Lasso on each set of features and SchNet with each loss, each on direct and transformed targets. */
export const STUDY_GRID: readonly StudyCell[] = [
  ...STUDY_FEATURES.flatMap((features) =>
    STUDY_TARGETS.map((target): StudyCell => ({ kind: 'LASSO', features, target, loss: null })),
  ),
  ...(['MSE', 'DISTRIBUTION'] as const).flatMap((loss) =>
    STUDY_TARGETS.map((target): StudyCell => ({ kind: 'SCHNET', features: null, target, loss })),
  ),
];

/** Such as `lasso-cn-gop-direct` and `schnet-mse-transformed`. */
export function nameOfCell({ kind, features, target, loss }: StudyCell): string {
  return [kind, features ?? loss, target].join('-').toLowerCase().replaceAll('_', '-');
}

const PAPER_LASSO_RMSE_PPM: Readonly<Record<StudyFeatures, number>> = { CN: 37.6, GOP: 35.1, CN_GOP: 34.9 };
const PAPER_SCHNET_RMSE_PPM = 35.2;

/**
 * Test RMSE (ppm) that the paper reports for its own data, Na40 by Gaussian 16 at UB3LYP/6-31G(d); null where it reports none. Of
 * SchNet by MSE it says one value and not for which of the two targets, so both have it.
 */
export function paperRmsePpm({ kind, features, target, loss }: StudyCell): number | null {
  if (kind === 'SCHNET') return loss === 'MSE' ? PAPER_SCHNET_RMSE_PPM : null;
  return target === 'DIRECT' && features !== null ? PAPER_LASSO_RMSE_PPM[features] : null;
}
