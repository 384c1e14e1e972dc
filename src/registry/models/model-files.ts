import { describeLasso, type LassoCoefficient, type LassoDescription } from '../../ml/lasso/file.ts';
import type { LassoPathPoint, LassoSelection } from '../../ml/model.ts';
import { modelParameters } from '../../ml/model-file.ts';
import type { TargetTransform } from '../../ml/target-transform.ts';
import type { ModelVersion } from '../records.ts';
import type { ModelWeights } from './model-weights.ts';

/** A Lasso version in figures, and how it was chosen. */
export interface LassoOfVersion extends LassoDescription {
  readonly alpha: number;
  readonly nonZero: number;
  readonly selection: LassoSelection;
  /** Null unless alpha was chosen by cross-validation. */
  readonly folds: number | null;
  /** Ascending in alpha; null for a version from before it was recorded. */
  readonly path: readonly LassoPathPoint[] | null;
}

/** Transforms are remembered of so many files, since lists of versions ask for each. */
const MOST_REMEMBERED = 1000;

/**
 * What the model files of versions say. Their bytes are compared with their sha256, and read one file after the other, so that memory
 * holds one however many versions a query asks for. Throws `CORRUPT_ARTIFACT` for a file that is missing, damaged or no model.
 */
export class ModelFiles {
  private readonly transforms = new Map<string, TargetTransform>();
  private lastRead: Promise<unknown> = Promise.resolve();

  constructor(private readonly weights: Pick<ModelWeights, 'read'>) {}

  /** How shieldings became the target; that of all members of a committee. */
  targetTransform(version: ModelVersion): Promise<TargetTransform> {
    const sha256 = version.weightsSha256;
    return this.inTurn(async () => {
      const known = this.transforms.get(sha256);
      if (known !== undefined) return known;
      const { transform } = modelParameters(await this.weights.read(version));
      this.transforms.set(sha256, transform);
      const [oldest] = this.transforms.keys();
      if (this.transforms.size > MOST_REMEMBERED) this.transforms.delete(oldest);
      return transform;
    });
  }

  /** Null unless the version is a Lasso. */
  async lasso(version: ModelVersion): Promise<LassoOfVersion | null> {
    const { hyperparameters, outcome } = version;
    if (hyperparameters.kind !== 'LASSO') return null;
    const description = await this.inTurn(async () => describeLasso(await this.weights.read(version)));
    return {
      ...description,
      ...{ alpha: outcome.alpha!, nonZero: outcome.nonZero! },
      ...{ selection: hyperparameters.selection ?? 'VALIDATION', folds: hyperparameters.folds ?? null },
      path: outcome.lassoPath ?? null,
    };
  }

  private inTurn<T>(read: () => Promise<T>): Promise<T> {
    const result = this.lastRead.then(read);
    this.lastRead = result.catch(() => undefined);
    return result;
  }
}

/** All coefficients, or those that are not 0. */
export function coefficientsOf({ coefficients }: LassoDescription, nonZeroOnly: boolean): readonly LassoCoefficient[] {
  return nonZeroOnly ? coefficients.filter(({ standardized }) => standardized !== 0) : coefficients;
}
